/**
 * A real Envoy as the judge of what xDS messages mean: started on a bootstrap of the test's, on ports that the kernel chooses.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findEnvoy as find } from '../../src/run/engine.ts'
import type { JsonValue } from '../../src/xds/wire/json.ts'

/** As `mizzen proxy --engine envoy` finds it; undefined: there is none. */
export function findEnvoy(): string | undefined {
  try {
    return find(process.env)
  } catch {
    return undefined
  }
}

/** Why tests beside Envoy are skipped; false: they run. */
export const withoutEnvoy: string | false = findEnvoy()
  ? false
  : 'no Envoy at $MIZZEN_ENVOY, in PATH or at .tools/envoy (sh scripts/fetch-envoy.sh)'

export interface Envoy {
  /** Port of each listener by name. */
  readonly ports: ReadonlyMap<string, number>
  stop(): Promise<void>
}

/** @param staticResources listeners (port_value 0) and clusters @throws when Envoy refuses them, with what it said */
export async function startEnvoy(staticResources: JsonValue): Promise<Envoy> {
  const binary = find(process.env)
  const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-oracle-'))
  const bootstrap = {
    node: { id: 'oracle', cluster: 'oracle' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    static_resources: staticResources,
  }
  await writeFile(path.join(folder, 'bootstrap.json'), JSON.stringify(bootstrap))
  const adminFile = path.join(folder, 'admin')
  const child = spawn(
    binary,
    [
      '-c',
      path.join(folder, 'bootstrap.json'),
      '--admin-address-path',
      adminFile,
      '--concurrency',
      '1',
      '--use-dynamic-base-id',
      '-l',
      'error',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  const stop = async () => {
    await kill(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    return { ports: await listenerPorts(child, adminFile), stop }
  } catch (error) {
    await stop()
    throw new Error(`Cannot start Envoy: ${error instanceof Error ? error.message : String(error)}\n${said}`)
  }
}

async function listenerPorts(child: ChildProcess, adminFile: string): Promise<ReadonlyMap<string, number>> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`it exited with ${child.exitCode}`)
    const ports = await askPorts(adminFile).catch(() => undefined)
    if (ports) return ports
    await sleep(50)
  }
  throw new Error('not ready after 10 s')
}

interface ListenerStatuses {
  readonly listener_statuses: readonly { name: string; local_address: { socket_address: { port_value: number } } }[]
}

async function askPorts(adminFile: string): Promise<ReadonlyMap<string, number> | undefined> {
  const admin = `http://${(await readFile(adminFile, 'utf8')).trim()}`
  if ((await fetch(`${admin}/ready`)).status !== 200) return undefined
  const answer = (await (await fetch(`${admin}/listeners?format=json`)).json()) as ListenerStatuses // Envoy's own admin format
  return new Map(answer.listener_statuses.map(({ name, local_address }) => [name, local_address.socket_address.port_value]))
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

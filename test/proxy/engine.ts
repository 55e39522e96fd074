/**
 * Starts mizzen's proxy (from source) or Envoy with one bootstrap, and waits until it serves.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type JsonValue, jsonToBytes } from '../../src/xds/wire/json.ts'
import { envoyCommand } from '../scenarios/engines.ts'
import { listen } from './backend.ts'

export type EngineName = 'mizzen' | 'envoy'

export interface Engine extends AsyncDisposable {
  readonly name: EngineName
  readonly child: ChildProcess
  /** Ports of the listeners, in the order asked for. */
  readonly ports: readonly number[]
  readonly admin: number
  /** What it wrote to stdout: access logs. */
  readonly output: () => string
  readonly errors: () => string
}

const main = path.resolve(import.meta.dirname, '../../src/proxy/main.ts')

/** @param bootstrap of so many listener ports and the admin port @param flags for mizzen only */
export async function startEngine(
  name: EngineName,
  listeners: number,
  bootstrap: (ports: readonly number[], admin: number) => JsonValue,
  flags: readonly string[] = [],
): Promise<Engine> {
  const [admin = 0, ...ports] = await freePorts(listeners + 1)
  const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-proxy-test-'))
  // Envoy gets the very bytes that mizzen's own sidecars do.
  const file = path.join(folder, name === 'envoy' ? 'bootstrap.pb' : 'bootstrap.json')
  const json = bootstrap(ports, admin)
  await writeFile(file, name === 'envoy' ? jsonToBytes('envoy.config.bootstrap.v3.Bootstrap', json) : JSON.stringify(json))
  const [command, ...args] =
    name === 'envoy'
      ? [...envoyCommand(file), '--file-flush-interval-msec', '100']
      : [process.execPath, main, '-c', file, '-l', 'warning', '--file-flush-interval-msec', '20', ...flags]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.on('data', bytes => {
    output += bytes
  })
  child.stderr.on('data', bytes => {
    errors += bytes
  })
  const engine: Engine = {
    name,
    child,
    ports,
    admin,
    output: () => output,
    errors: () => errors,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = new Promise(resolve => child.once('exit', resolve))
        child.kill('SIGKILL')
        await exited
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
  for (let attempt = 0; attempt < 400; attempt++) {
    if (child.exitCode !== null) throw new Error(`Cannot start ${name}: it exited with ${child.exitCode}: ${errors}`)
    if ((await ready(admin)) === 'LIVE') return engine
    await sleep(25)
  }
  await engine[Symbol.asyncDispose]()
  throw new Error(`Cannot start ${name}: not ready after 10 s: ${errors}`)
}

/** What GET /ready says, without its line feed; empty when nobody answers. */
export async function ready(admin: number): Promise<string> {
  try {
    const answer = await fetch(`http://127.0.0.1:${admin}/ready`)
    return (await answer.text()).trim()
  } catch {
    return ''
  }
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer())
  const ports = await Promise.all(servers.map(listen))
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

/** Starts mizzen's proxy and Envoy on the same bootstrap, as a user would, and waits until each is ready. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type JsonValue, jsonToBytes } from '../src/xds/wire/json.ts'

const repository = path.resolve(import.meta.dirname, '..')
export type EngineName = 'mizzen' | 'envoy'

export interface Running {
  readonly engine: EngineName
  readonly pid: number
  stop(): Promise<void>
}

export function envoyBinary(): string | undefined {
  return [process.env['MIZZEN_ENVOY'], path.join(repository, '.tools/envoy')].find(file => file !== undefined && existsSync(file))
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<net.Server>(resolve => {
          const server = net.createServer().listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

/** @param adminPort where the bootstrap says the admin endpoint is: asked until it is ready */
export async function startEngine(engine: EngineName, bootstrap: JsonValue, adminPort: number): Promise<Running> {
  const folder = await mkdtemp(path.join(tmpdir(), `mizzen-bench-${engine}-`))
  const file = path.join(folder, 'bootstrap.pb')
  await writeFile(file, jsonToBytes('envoy.config.bootstrap.v3.Bootstrap', bootstrap))
  const child = engine === 'envoy' ? spawnEnvoy(file) : spawnMizzen(file)
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill('SIGKILL')
      await new Promise(resolve => child.once('exit', resolve))
    }
    await rm(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`Cannot start ${engine}: it exited with ${child.exitCode}`)
    const ready = await fetch(`http://127.0.0.1:${adminPort}/ready`).then(
      answer => answer.status === 200,
      () => false,
    )
    if (ready) return { engine, pid: child.pid ?? 0, stop }
    await sleep(50)
  }
  await stop()
  throw new Error(`Cannot start ${engine}: not ready after 10 s`)
}

function spawnEnvoy(file: string): ChildProcess {
  const binary = envoyBinary()
  if (!binary) throw new Error('Cannot start Envoy: no binary at $MIZZEN_ENVOY or .tools/envoy; run: sh scripts/fetch-envoy.sh')
  return spawn(binary, ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', '-l', 'error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** The flags that `mizzen up` gives its sidecars. */
function spawnMizzen(file: string): ChildProcess {
  return spawn(
    process.execPath,
    ['--max-semi-space-size=1', '--no-concurrent-recompilation', path.join(repository, 'dist/proxy.js'), '-c', file],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, MIZZEN_LOG_LEVEL: 'error' },
    },
  )
}

/** Asks other HTTP/1 servers for their verdict on bytes: node:http, and Envoy in front of it where there is one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Follows each case: whoever has accepted it answers this too. */
const SENTINEL = 'GET /sentinel HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
/** Longer than any answer takes, and paid only by cases that are known to hang. */
const PATIENCE_MS = 1000

/** @returns whether the server takes the bytes for whole requests and then goes on with what follows. */
export async function accepts(port: number, bytes: string): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.setEncoding('latin1')
  let received = ''
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  socket.on('data', text => {
    received += text
    // Envoy waits a second for the client to close first.
    if (/sentinel reached|^HTTP\/1\.[01] (?!404)[45]\d\d /m.test(received)) socket.destroy()
  })
  socket.on('error', () => {})
  socket.write(Buffer.from(bytes + SENTINEL, 'latin1'))
  await once(socket, 'close')
  return received.includes('sentinel reached')
}

/** Answers every request that node:http takes for one, when it is complete. */
export async function startNodeOracle(): Promise<Server> {
  const server = createServer({ maxHeaderSize: 60 * 1024 }, (request, response) => {
    request.resume()
    request.on('end', () => response.end(request.url === '/sentinel' ? 'sentinel reached' : 'ok'))
    request.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

export function portOf(server: { address(): ReturnType<Server['address']> }): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot tell the port: the server does not listen on TCP')
  return address.port
}

/** $MIZZEN_ENVOY, PATH, or .tools/envoy of the repository. */
export function findEnvoy(): string | undefined {
  const named = process.env['MIZZEN_ENVOY']
  const places = named ? [named] : (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, 'envoy'))
  places.push(join(import.meta.dirname, '../../../.tools/envoy'))
  return places.find(isExecutable)
}

export interface EnvoyOracle {
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

/** Envoy with a plain HTTP connection manager in front of `upstreamPort`, its defaults left as they are. */
export async function startEnvoy(binary: string, upstreamPort: number): Promise<EnvoyOracle> {
  const folder = await mkdtemp(join(tmpdir(), 'envoy-oracle-'))
  const config = join(folder, 'envoy.json')
  const adminPath = join(folder, 'admin')
  await writeFile(config, JSON.stringify(bootstrap(upstreamPort)))
  const child = spawn(
    binary,
    ['-c', config, '--concurrency', '1', '--use-dynamic-base-id', '--log-level', 'off', '--admin-address-path', adminPath],
    { stdio: 'ignore' },
  )
  try {
    const port = await listenerPort(child, adminPath)
    return {
      port,
      pid: child.pid ?? 0,
      async stop() {
        await end(child)
        await rm(folder, { recursive: true })
      },
    }
  } catch (error) {
    await end(child)
    await rm(folder, { recursive: true })
    throw error
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function listenerPort(child: ChildProcess, adminPath: string): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`Cannot start Envoy: it exited with ${child.exitCode}`)
    try {
      const admin = (await readFile(adminPath, 'utf8')).trim()
      const text = await (await fetch(`http://${admin}/listeners`)).text()
      const port = /::127\.0\.0\.1:(\d+)/.exec(text)?.[1]
      if (port !== undefined) return Number(port)
    } catch {
      // Not there yet.
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('Cannot start Envoy: its listener did not come up within 10 s')
}

function bootstrap(upstreamPort: number): object {
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'oracle',
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [
            { match: { prefix: '/' }, route: { cluster: 'backend' } },
            { match: { path: '*' }, route: { cluster: 'backend' } },
          ],
        },
      ],
    },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  }
  const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } })
  return {
    admin: { address: address(0) },
    static_resources: {
      listeners: [
        {
          name: 'oracle',
          address: address(0),
          filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }],
        },
      ],
      clusters: [
        {
          name: 'backend',
          load_assignment: {
            cluster_name: 'backend',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(upstreamPort) } }] }],
          },
        },
      ],
    },
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

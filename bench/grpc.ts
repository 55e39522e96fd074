/**
 * HTTP/2 and gRPC through one proxy: CPU microseconds per request and memory, mizzen's proxy beside Envoy on the same bootstrap, which has
 * what a sidecar has: routes with retries, statistics, an access log. Rounds are interleaved. The load shape is part of every number:
 * "8x16" is 8 connections with 16 streams each.
 *
 * usage: node bench/grpc.ts [--rounds 5] [--requests 30000] [--only NAME] [--json]   (needs h2load and nghttpd of nghttp2)
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { JsonValue } from '../src/xds/wire/json.ts'
import { type EngineName, envoyBinary, freePorts, type Running, startEngine } from './engine.ts'
import { cpuMicros, format, memory, spread } from './process-cost.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '30000' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

interface Target extends Running {
  readonly port: number
}

interface Work {
  readonly name: string
  /** The ratio that is aimed at. */
  readonly goal: number
  /** Part of the requests asked for on the command line. */
  readonly share: number
  /** @returns how many requests, or messages, were answered */
  run(port: number, requests: number): number
}

const folder = mkdtempSync(path.join(tmpdir(), 'mizzen-bench-grpc-'))
writeFileSync(path.join(folder, 'small'), 'x'.repeat(925))
writeFileSync(path.join(folder, 'large'), 'x'.repeat(1_000_000))
const upload = path.join(folder, 'upload')
writeFileSync(upload, 'x'.repeat(1_000_000))
const message = path.join(folder, 'message')
writeFileSync(message, 'x'.repeat(100))

const WORKS: readonly Work[] = [
  { name: '8x16 GET, 925 B', goal: 0.3, share: 1, run: (port, n) => h2load(port, n, 8, 16, '/small') },
  { name: '32x1 GET, 925 B', goal: 0.5, share: 0.7, run: (port, n) => h2load(port, n, 32, 1, '/small') },
  { name: '8x16 POST 100 B', goal: 0.3, share: 1, run: (port, n) => h2load(port, n, 8, 16, '/small', ['-d', message]) },
  { name: 'gRPC unary, 64 in flight', goal: 0.5, share: 0.4, run: (port, n) => grpcCalls('unary', port, n) },
  { name: 'gRPC stream, messages', goal: 0.67, share: 1, run: (port, n) => grpcCalls('stream', port, n) },
  { name: '8x1 GET 1 MB', goal: 1, share: 0.01, run: (port, n) => h2load(port, n, 8, 1, '/large') },
  { name: '8x1 POST 1 MB', goal: 1, share: 0.01, run: (port, n) => h2load(port, n, 8, 1, '/small', ['-d', upload]) },
]

const engines: EngineName[] = envoyBinary() ? ['envoy', 'mizzen'] : ['mizzen']
if (engines.length === 1) console.error('Envoy is not here (sh scripts/fetch-envoy.sh): measuring mizzen alone')

const [backendPort = 0] = await freePorts(1)
const backend = spawn('nghttpd', ['--no-tls', '-a', '127.0.0.1', '-n1', '-d', folder, String(backendPort)], { stdio: 'ignore' })
const grpcBackend = spawn(process.execPath, [path.join(import.meta.dirname, 'grpc-backend.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const grpcPort = Number(await firstLine(grpcBackend))
const targets: Target[] = []
try {
  await listening(backendPort)
  for (const engine of engines) {
    const [port = 0, admin = 0] = await freePorts(2)
    targets.push({ ...(await startEngine(engine, bootstrap(port, admin), admin)), port })
  }
  const rows = []
  for (const work of WORKS) if (flags.only === undefined || work.name.includes(flags.only)) rows.push(measure(work))
  const held = flags.only === undefined ? [await rss(10), await rss(100)] : []
  if (flags.json) console.log(JSON.stringify({ rows, held }))
  else report(rows, held)
} finally {
  await Promise.all(targets.map(target => target.stop()))
  backend.kill()
  grpcBackend.kill()
  rmSync(folder, { recursive: true, force: true })
}

interface Row {
  readonly name: string
  readonly goal: number
  readonly micros: Readonly<Record<string, readonly number[]>>
}

function measure({ name, goal, share, run }: Work): Row {
  const requests = Math.max(100, Math.round(Number(flags.requests) * share))
  const micros: Record<string, number[]> = {}
  for (const { port } of targets) run(port, Math.min(requests, 10_000)) // as in any process that has served for a second
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const { engine, pid, port } of targets) {
      const before = cpuMicros(pid)
      const done = run(port, requests)
      micros[engine] ??= []
      micros[engine].push((cpuMicros(pid) - before) / done)
    }
  }
  return { name, goal, micros }
}

interface Held {
  readonly connections: number
  readonly rss: Readonly<Record<string, number>>
}

/** Memory while so many connections are open and have served. */
async function rss(connections: number): Promise<Held> {
  const megabytes: Record<string, number> = {}
  for (const { engine, pid, port } of targets) {
    const load = spawn('h2load', [`-c${connections}`, '-m1', '-D4', '-t1', `http://127.0.0.1:${port}/small`], { stdio: 'ignore' })
    await sleep(3000)
    megabytes[engine] = memory(pid).rss
    await new Promise(resolve => load.once('exit', resolve))
  }
  return { connections, rss: megabytes }
}

function report(rows: readonly Row[], held: readonly Held[]): void {
  console.log(`h2c on both sides, ${flags.rounds} rounds; CPU us per request: median [least-most]\n`)
  console.log('| work | Envoy | mizzen | mizzen / Envoy | goal |\n|---|---|---|---|---|')
  for (const { name, goal, micros } of rows) {
    const [envoy, mizzen] = [spread(micros['envoy'] ?? []), spread(micros['mizzen'] ?? [])]
    console.log(`| ${name} | ${format(envoy)} | ${format(mizzen)} | ${(mizzen.median / envoy.median).toFixed(2)} | ${goal} |`)
  }
  for (const { connections, rss: found } of held) {
    const [envoy = Number.NaN, mizzen = Number.NaN] = [found['envoy'], found['mizzen']]
    console.log(
      `| RSS, ${connections} connections | ${envoy.toFixed(0)} MB | ${mizzen.toFixed(0)} MB | ${(mizzen / envoy).toFixed(2)} | 1.2 |`,
    )
  }
}

function h2load(
  port: number,
  requests: number,
  connections: number,
  streams: number,
  target: string,
  more: string[] = [],
): number {
  const args = [`-n${requests}`, `-c${connections}`, `-m${streams}`, '-t1', ...more, `http://127.0.0.1:${port}${target}`]
  const output = execFileSync('h2load', args, { encoding: 'utf8' })
  const done = Number(/, (\d+) succeeded/.exec(output)?.[1])
  if (done !== requests) throw new Error(`Cannot measure: ${requests - done} of ${requests} requests failed\n${output}`)
  return done
}

function grpcCalls(kind: 'unary' | 'stream', port: number, count: number): number {
  const client = path.join(import.meta.dirname, 'grpc-client.ts')
  return Number(execFileSync(process.execPath, [client, kind, String(port), String(count)], { encoding: 'utf8' }))
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const there = await new Promise<boolean>(resolve => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true))
      socket.on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (there) return
    await sleep(25)
  }
  throw new Error('Cannot start nghttpd: nobody listens after 5 s')
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', bytes => resolve(String(bytes)))
    child.once('exit', code => reject(new Error(`the backend ended with ${code}`)))
  })
}

function bootstrap(port: number, admin: number): JsonValue {
  const socketAddress = (portValue: number) => ({ socketAddress: { address: '127.0.0.1', portValue } })
  const retryPolicy = { retryOn: 'connect-failure,refused-stream,unavailable,cancelled', numRetries: 2 }
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    statPrefix: `outbound_127.0.0.1_${port};`,
    streamIdleTimeout: '0s',
    accessLog: [
      {
        name: 'file',
        typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog', path: '/dev/null' },
      },
    ],
    routeConfig: {
      name: '80',
      validateClusters: false,
      virtualHosts: [
        ...['cart', 'orders', 'payments'].map(name => ({
          name,
          domains: [name, `${name}.shop.svc.cluster.local`],
          routes: [{ match: { prefix: '/' }, route: { cluster: 'backend', timeout: '0s', retryPolicy } }],
        })),
        {
          name: 'backend',
          domains: ['*'],
          includeRequestAttemptCount: true,
          routes: [
            { match: { prefix: '/', headers: [{ name: 'x-canary', presentMatch: true }] }, route: { cluster: 'backend' } },
            { match: { prefix: '/bench.Echo/' }, route: { cluster: 'grpc', timeout: '0s', retryPolicy } },
            { match: { prefix: '/' }, route: { cluster: 'backend', timeout: '0s', retryPolicy } },
          ],
        },
      ],
    },
    httpFilters: [
      filter('fault', 'fault.v3.HTTPFault'),
      filter('cors', 'cors.v3.Cors'),
      filter('grpc_stats', 'grpc_stats.v3.FilterConfig'),
      filter('router', 'router.v3.Router'),
    ],
  }
  const cluster = (name: string, endpoint: number) => ({
    name,
    type: 'STATIC',
    connectTimeout: '10s',
    lbPolicy: 'LEAST_REQUEST',
    // Envoy sends before it knows how many streams the backend takes, and sends again what is refused: more than the three it may by default.
    circuitBreakers: { thresholds: [{ maxRetries: 1000 }] },
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicitHttpConfig: { http2ProtocolOptions: {} },
      },
    },
    loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [{ endpoint: { address: socketAddress(endpoint) } }] }] },
  })
  return {
    node: { id: 'bench', cluster: 'bench' },
    admin: { address: socketAddress(admin) },
    staticResources: {
      listeners: [
        {
          name: 'outbound',
          address: socketAddress(port),
          filterChains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typedConfig: manager }] }],
        },
      ],
      clusters: [cluster('backend', backendPort), cluster('grpc', grpcPort)],
    },
  }
}

function filter(name: string, type: string): JsonValue {
  return {
    name: `envoy.filters.http.${name}`,
    typedConfig: { '@type': `type.googleapis.com/envoy.extensions.filters.http.${type}` },
  }
}

/**
 * The data plane beside Envoy, HAProxy and nginx: CPU microseconds of the proxy's process per request from /proc, memory, and latency at a
 * fixed rate. Both engines have the same xDS; rounds are interleaved and medians count.
 *
 * usage: npm run bench:data-plane [-- --quick] [--json] [--rounds 5] [--only NAME]
 * --quick ends within 50 s; --json prints one object of work: mizzen / Envoy.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPair } from '../test/proxy/sidecar-pair.ts'
import { type Limit, startLimits } from './data-plane/limits.ts'
import { outboundBootstrap } from './data-plane/outbound.ts'
import { type EngineName, envoyBinary, freePorts, type Running, startEngine } from './engine.ts'
import { cpuMicros, format, memory, spread } from './process-cost.ts'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
  },
})
const rounds = Number(flags.rounds ?? (flags.quick ? 3 : 7))
/** Part of the full number of requests. */
const share = flags.quick ? 0.25 : 1
const CONNECTIONS = 32
const GIGABYTE = 1e9
const TCP_BYTES = 100_000_000

/** Who does one piece of work, and whose processes it costs. */
interface Runner {
  readonly name: string
  readonly port: number
  readonly host: string
  /** Process by part of the work: one proxy alone is "". */
  readonly processes: Readonly<Record<string, number>>
}

interface Work {
  readonly name: string
  /** Of mizzen / Envoy. */
  readonly goal: number
  readonly runners: readonly Runner[]
  readonly path: string
  readonly requests: number
  readonly connections: number
  /** Requests before those that count, which compile the code and fill the pools as in any process that has served for a second. @default a third */
  readonly warmUp?: number
  /** What the unit of cost is, in requests. @default 1: microseconds a request */
  readonly per?: { readonly unit: string; readonly requests: number }
}

interface Row {
  readonly work: string
  readonly goal: number | undefined
  readonly ratio: number | undefined
  readonly values: Readonly<Record<string, string>>
}

const POLICY = `apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "accessLogFile: /dev/stdout"}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: callers, namespace: default}
spec:
  selector: {matchLabels: {app: echo}}
  rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/client]}}], to: [{operation: {methods: [GET]}}]}]`
const NEW_CONNECTION = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo, namespace: default}
spec: {host: echo, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}`

if (!envoyBinary()) throw new Error('Cannot compare: no Envoy at $MIZZEN_ENVOY or .tools/envoy; run: sh scripts/fetch-envoy.sh')
const engines: readonly EngineName[] = ['envoy', 'mizzen']
const folder = mkdtempSync(path.join(tmpdir(), 'mizzen-bench-data-plane-'))
const backend = spawn(process.execPath, [path.join(import.meta.dirname, 'backend.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
const started: { stop(): Promise<void> }[] = []
try {
  const backendPort = Number(await firstLine(backend))
  const small = await proxies(backendPort, 3, 1)
  const idle = small.map(each => memory(each.pid))
  const big = await proxies(backendPort, 1000, 10)
  const limits = await startLimits(folder, backendPort)
  started.push(...limits)
  const shared = await pairs(backendPort, POLICY)
  const fresh = await pairs(backendPort, `${POLICY}\n---\n${NEW_CONNECTION}`)

  const alone = (list: readonly Alone[], port: (each: Alone) => number): Runner[] =>
    list.map(each => ({ name: each.engine, port: port(each), host: 'backend', processes: { '': each.pid } }))
  const limit = ({ name, port, pid }: Limit): Runner => ({ name, port, host: 'backend', processes: { '': pid } })
  const plain = { path: '/1024', requests: 20_000, connections: CONNECTIONS, warmUp: 10_000 }
  const works: readonly Work[] = [
    { name: 'http1-1kb', goal: 0.45, runners: [...alone(small, each => each.port), ...limits.map(limit)], ...plain },
    { name: 'http1-1kb-1000-routes', goal: 0.45, runners: alone(big, each => each.port), ...plain },
    { name: 'sidecars-mtls-1kb', goal: 0.45, runners: shared, ...plain, requests: 12_000 },
    { name: 'sidecars-mtls-64kb', goal: 1, runners: shared, path: '/65536', requests: 4000, connections: CONNECTIONS },
    { name: 'sidecars-mtls-1mb', goal: 1, runners: shared, path: '/1000000', requests: 300, connections: 8 },
    {
      name: 'mtls-new-connection',
      goal: 1.2,
      runners: fresh,
      path: '/1024',
      requests: 600,
      connections: 8,
      warmUp: 200,
    },
    {
      name: 'tcp',
      goal: 1.2,
      runners: alone(small, each => each.tcpPort),
      path: `/${TCP_BYTES}`,
      requests: 30,
      connections: 4,
      per: { unit: 'GB', requests: GIGABYTE / TCP_BYTES },
    },
  ]
  const rows: Row[] = []
  for (const work of works) if (flags.only === undefined || work.name.includes(flags.only)) rows.push(...measure(work))
  if (flags.only === undefined) {
    rows.push(growth(rows), ...(await latency(small)), memoryRow('rss-idle', idle), ...(await held(small)))
  }
  if (flags.json)
    console.log(JSON.stringify(Object.fromEntries(rows.map(({ work, ratio }) => [work, ratio && Number(ratio.toFixed(3))]))))
  else report(rows)
} finally {
  for (const each of started) await each.stop()
  backend.kill()
  rmSync(folder, { recursive: true, force: true })
}

interface Alone extends Running {
  readonly port: number
  readonly tcpPort: number
}

/** One proxy of each engine. */
async function proxies(backendPort: number, others: number, endpoints: number): Promise<Alone[]> {
  const made: Alone[] = []
  for (const engine of engines) {
    const [port = 0, tcpPort = 0, admin = 0] = await freePorts(3)
    const running = await startEngine(
      engine,
      outboundBootstrap({ port, tcpPort, admin, backend: backendPort, others, endpoints }),
      admin,
    )
    started.push(running)
    made.push({ ...running, port, tcpPort })
  }
  return made
}

/** Two sidecars of each engine, with mTLS between them. */
async function pairs(application: number, objects: string): Promise<Runner[]> {
  const made: Runner[] = []
  for (const engine of engines) {
    const pair = await startPair({ client: engine, service: engine, application, objects })
    started.push({ stop: async () => pair[Symbol.asyncDispose]() })
    const processes = { client: pair.client.pid, server: pair.service.pid }
    made.push({ name: engine, port: pair.port, host: 'echo', processes })
  }
  return made
}

/** A row for each process that the work costs. */
function measure(work: Work): Row[] {
  const requests = Math.max(work.connections, Math.round(work.requests * share))
  const costs = new Map<string, number[]>()
  for (const runner of work.runners) load(runner, work, work.warmUp ?? Math.ceil(requests / 3))
  for (let round = 0; round < rounds; round++)
    for (const runner of work.runners) {
      const before = Object.entries(runner.processes).map(([part, pid]) => ({ part, pid, micros: cpuMicros(pid) }))
      const done = load(runner, work, requests)
      if (done.failed > 0)
        throw new Error(`${done.failed} of ${done.requests} requests of ${work.name} through ${runner.name} failed`)
      for (const { part, pid, micros } of before) {
        const cost = ((cpuMicros(pid) - micros) / done.requests) * (work.per?.requests ?? 1)
        const key = `${part}/${runner.name}`
        costs.set(key, [...(costs.get(key) ?? []), cost])
      }
    }
  return Object.keys(work.runners[0]?.processes ?? {}).map(part => {
    const of = (name: string) => spread(costs.get(`${part}/${name}`) ?? [])
    const unit = work.per ? 'ms/GB' : 'us'
    const scale = work.per ? 1000 : 1
    return {
      work: part ? `${work.name}-${part}` : work.name,
      goal: work.goal,
      ratio: of('mizzen').median / of('envoy').median,
      values: Object.fromEntries(
        work.runners.map(({ name }) => {
          const { median, least, most } = of(name)
          return [name, `${format({ median: median / scale, least: least / scale, most: most / scale })} ${unit}`]
        }),
      ),
    }
  })
}

function load(
  { port, host }: Runner,
  { path: asked, connections }: Work,
  requests: number,
): { requests: number; failed: number } {
  const command = [path.join(import.meta.dirname, 'load.ts'), `${port}`, `${connections}`, `${requests}`, host, asked]
  return JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8' }))
}

/** What a thousand routes and clusters and ten thousand endpoints add to mizzen's own cost: 1 is nothing. */
function growth(rows: readonly Row[]): Row {
  const own = (name: string) => Number.parseFloat(rows.find(row => row.work === name)?.values['mizzen'] ?? '')
  return { work: 'growth-1000-routes', goal: 1.1, ratio: own('http1-1kb-1000-routes') / own('http1-1kb'), values: {} }
}

async function latency(list: readonly Alone[]): Promise<Row[]> {
  const measured = new Map<string, Record<string, number>[]>()
  for (let round = 0; round < (flags.quick ? 1 : rounds); round++)
    for (const { engine, port } of list) {
      const file = path.join(import.meta.dirname, 'data-plane/open-loop.ts')
      const output = execFileSync(process.execPath, [file, `${port}`, '2000', flags.quick ? '2' : '10', 'backend', '/1024'])
      measured.set(engine, [...(measured.get(engine) ?? []), JSON.parse(String(output))])
    }
  return ['p50', 'p99', 'p999'].map(name => {
    const of = (engine: string) => spread((measured.get(engine) ?? []).map(each => each[name] ?? Number.NaN))
    return {
      work: `latency-${name}`,
      goal: 1,
      ratio: of('mizzen').median / of('envoy').median,
      values: Object.fromEntries(engines.map(engine => [engine, `${format(of(engine), 2)} ms`])),
    }
  })
}

/** With so many connections open that were used once. */
async function held(list: readonly Alone[]): Promise<Row[]> {
  const rows: Row[] = []
  for (const count of [10, 100, 1000]) {
    const found = []
    for (const { port, pid } of list) {
      const sockets = await Promise.all(Array.from({ length: count }, () => asked(port)))
      found.push(memory(pid))
      for (const socket of sockets) socket.destroy()
    }
    rows.push(memoryRow(`rss-${count}-connections`, found))
    await sleep(200)
  }
  return rows
}

function memoryRow(work: string, found: readonly ReturnType<typeof memory>[]): Row {
  const [envoy, mizzen] = found
  const text = (each: typeof envoy) =>
    each ? `${each.rss.toFixed(0)} MB (${each.anonymous.toFixed(0)} + ${each.file.toFixed(0)})` : ''
  return {
    work,
    goal: 1.2,
    ratio: envoy && mizzen && mizzen.rss / envoy.rss,
    values: { envoy: text(envoy), mizzen: text(mizzen) },
  }
}

function asked(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /1 HTTP/1.1\r\nhost: backend\r\n\r\n'))
    socket.once('data', () => resolve(socket))
    socket.once('error', reject)
  })
}

function report(rows: readonly Row[]): void {
  const names = [...new Set(rows.flatMap(row => Object.keys(row.values)))]
  const cells = rows.map(row => [
    row.work,
    ...names.map(name => row.values[name] ?? ''),
    row.ratio?.toFixed(2) ?? '',
    row.goal === undefined ? '' : `${row.goal}`,
  ])
  const head = ['work', ...names, 'mizzen/Envoy', 'goal']
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map(row => row[column]?.length ?? 0)))
  for (const row of [head, ...cells])
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', bytes => resolve(String(bytes)))
    child.once('exit', code => reject(new Error(`the backend ended with ${code}`)))
  })
}

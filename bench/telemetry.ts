/**
 * What telemetry costs mizzen's proxy: CPU microseconds per request without any, with each part, and with all of it (metrics of every request, Istio's
 * access log of every request to a file, spans of 1 % to a collector); and how long a scrape takes. The variants are processes that run side by side and
 * take turns round by round; ratios are made within a round, so that a busy machine changes both sides of them.
 *
 * usage: node bench/telemetry.ts [--requests 20000] [--connections 32] [--rounds 7] [--json]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { DEFAULT_FORMAT } from '../src/xds/resources/log-line.ts'
import type { JsonValue } from '../src/xds/wire/json.ts'
import { outboundBootstrap } from './data-plane/outbound.ts'
import { freePorts, type Running, startEngine } from './engine.ts'
import { cpuMicros, format, spread } from './process-cost.ts'

const { values: flags } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
})

/** Of the issue: CPU of everything over nothing, and milliseconds of a scrape. */
const MOST_COST = 1.15
const MOST_SCRAPE_MS = 20

type Json = { readonly [name: string]: JsonValue }
const TYPE = 'type.googleapis.com/envoy'
const folder = mkdtempSync(path.join(tmpdir(), 'mizzen-bench-telemetry-'))

const logged: Json = {
  accessLog: [
    {
      name: 'envoy.access_loggers.file',
      typedConfig: {
        '@type': `${TYPE}.extensions.access_loggers.file.v3.FileAccessLog`,
        path: path.join(folder, 'access.log'),
        logFormat: { textFormatSource: { inlineString: DEFAULT_FORMAT } },
      },
    },
  ],
}
const traced: Json = {
  generateRequestId: true,
  tracing: {
    clientSampling: { value: 100 },
    randomSampling: { value: 1 },
    overallSampling: { value: 100 },
    provider: {
      name: 'envoy.tracers.opentelemetry',
      typedConfig: {
        '@type': `${TYPE}.config.trace.v3.OpenTelemetryConfig`,
        serviceName: 'bench',
        httpService: { httpUri: { uri: 'http://collector/v1/traces', cluster: 'collector', timeout: '1s' } },
      },
    },
  },
}
const VARIANTS: readonly { readonly name: string; readonly counted: boolean; readonly manager: Json }[] = [
  { name: 'none', counted: false, manager: {} },
  { name: 'metrics', counted: true, manager: {} },
  { name: 'access log', counted: false, manager: logged },
  { name: 'traces 1 %', counted: false, manager: traced },
  { name: 'all', counted: true, manager: { ...logged, ...traced } },
]

interface Variant extends Running {
  readonly name: string
  readonly port: number
  readonly admin: number
  readonly micros: number[]
}

const backend = spawn(process.execPath, [path.join(import.meta.dirname, 'backend.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
const backendPort = Number(await firstLine(backend))
const collector = http.createServer((request, response) => {
  request.resume()
  response.end()
})
await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve))
const address = collector.address()
const collectorPort = typeof address === 'object' && address !== null ? address.port : 0
const running: Variant[] = []
try {
  for (const { name, counted, manager } of VARIANTS) {
    const [port = 0, tcpPort = 0, admin = 0] = await freePorts(3)
    const clusters = [plain('collector', collectorPort), plain('PassthroughCluster', backendPort)]
    const bootstrap = outboundBootstrap({ port, tcpPort, admin, backend: backendPort, counted, manager, clusters })
    running.push({ ...(await startEngine('mizzen', bootstrap, admin)), name, port, admin, micros: [] })
  }
  for (const { port } of running) load(port, 5000) // compiled code and filled pools, as in any process that has served for a second
  for (let round = 0; round < Number(flags.rounds); round++) {
    // Each round begins with another one: what comes first meets a machine in another state than what comes last.
    for (let i = 0; i < running.length; i++) {
      const variant = running[(i + round) % running.length]
      if (variant === undefined) continue
      const before = cpuMicros(variant.pid)
      const { requests, failed } = load(variant.port, Number(flags.requests))
      if (failed > 0) throw new Error(`${failed} of ${requests} requests failed`)
      variant.micros.push((cpuMicros(variant.pid) - before) / requests)
    }
  }
  await report()
} finally {
  await Promise.all(running.map(variant => variant.stop()))
  backend.kill()
  collector.close()
  collector.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
}

async function report(): Promise<void> {
  const [none] = running
  if (none === undefined) return
  const rows = running.map(({ name, micros }) => ({
    name,
    cpu: spread(micros),
    ratio: spread(micros.map((value, round) => value / (none.micros[round] ?? Number.NaN))),
  }))
  const scrapes = [await scrape(30), await scrape(2000)]
  if (flags.json) {
    console.log(JSON.stringify({ telemetry: rows.at(-1)?.ratio.median, rows, scrapes }))
    return
  }
  console.log(
    `Telemetry of mizzen's proxy, ${flags.connections} connections, ${flags.rounds} rounds of ${flags.requests} requests`,
  )
  console.log('variant      CPU us/request           over none')
  for (const { name, cpu, ratio } of rows) console.log(`${name.padEnd(12)} ${format(cpu).padEnd(24)} ${format(ratio, 2)}`)
  console.log(`all over none: goal <= ${MOST_COST}`)
  for (const { series, kilobytes, ms } of scrapes)
    console.log(
      `scrape of ${series} series (${kilobytes} KB): ${format(ms)} ms${series < 5000 ? `, goal < ${MOST_SCRAPE_MS}` : ', the most that a proxy keeps'}`,
    )
}

/** @param sets of labels: each is a counter and three histograms, or some 67 series */
async function scrape(sets: number) {
  const [port = 0, tcpPort = 0, admin = 0] = await freePorts(3)
  const anywhere = { name: 'any', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'PassthroughCluster' } }] }
  const manager = { routeConfig: { name: 'any', virtualHosts: [anywhere] } }
  const clusters = [plain('PassthroughCluster', backendPort)]
  const bootstrap = outboundBootstrap({ port, tcpPort, admin, backend: backendPort, counted: true, manager, clusters })
  const proxy = await startEngine('mizzen', bootstrap, admin)
  try {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
    for (let i = 0; i < sets; i += 8)
      await Promise.all(Array.from({ length: Math.min(8, sets - i) }, (_, j) => get(port, `host-${i + j}.test`, agent)))
    agent.destroy()
    const times: number[] = []
    let text = ''
    for (let i = 0; i < 25; i++) {
      const before = performance.now()
      text = await (await fetch(`http://127.0.0.1:${admin}/stats/prometheus`)).text()
      times.push(performance.now() - before)
    }
    const series = text.split('\n').filter(line => line !== '' && !line.startsWith('#')).length
    return { series, kilobytes: Math.round(text.length / 1024), ms: spread(times.slice(5)) }
  } finally {
    await proxy.stop()
  }
}

function get(port: number, host: string, agent: http.Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path: '/16', agent, headers: { host } }, response => {
        response.resume()
        response.on('end', resolve)
      })
      .on('error', reject)
  })
}

function plain(name: string, portValue: number): JsonValue {
  const endpoint = { address: { socketAddress: { address: '127.0.0.1', portValue } } }
  return {
    name,
    type: 'STATIC',
    connectTimeout: '10s',
    loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [{ endpoint }] }] },
  }
}

function load(port: number, requests: number): { requests: number; failed: number } {
  const command = [path.join(import.meta.dirname, 'load.ts'), `${port}`, flags.connections, `${requests}`, 'backend', '/1024']
  return JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8' }))
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', bytes => resolve(String(bytes)))
    child.once('exit', code => reject(new Error(`the backend ended with ${code}`)))
  })
}

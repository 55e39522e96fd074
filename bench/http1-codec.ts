/**
 * The HTTP/1 codec by itself: first the hot files one by one (nanoseconds an operation), then the smallest proxy over it (no routes, no
 * filters, no statistics) beside Envoy (one route), in CPU microseconds per request. Rounds are interleaved; medians count.
 *
 * usage: node bench/http1-codec.ts [--seconds 3] [--connections 32] [--rounds 5] [--bytes 1024] [--no-micro] [--profile FOLDER]
 * Needs wrk; without Envoy (see bench/engine.ts) it measures the codec alone.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { BodyReader } from '../src/proxy/http1/body-reader.ts'
import { CHUNKED } from '../src/proxy/http1/framing.ts'
import { DEFAULT_HEAD_LIMITS } from '../src/proxy/http1/head-reader.ts'
import { headWriter } from '../src/proxy/http1/head-writer.ts'
import { findEnvoy, startEnvoy } from '../src/proxy/http1/oracle.testing.ts'
import { createRelay } from '../src/proxy/http1/relay.testing.ts'
import { RequestReader } from '../src/proxy/http1/request-reader.ts'
import { ResponseReader } from '../src/proxy/http1/response-reader.ts'
import { cpuMicros, format, memory, spread } from './process-cost.ts'

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '5' },
    bytes: { type: 'string', default: '1024' },
    micro: { type: 'boolean', default: true },
    profile: { type: 'string' },
    // Set by ourselves, for the process under test.
    'relay-to': { type: 'string' },
  },
  allowNegative: true,
})

const BROWSER_REQUEST = Buffer.from(
  'GET /api/catalog/v1/items?page=2&sort=price HTTP/1.1\r\nHost: catalog.shop:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) ' +
    'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\r\nAccept: text/html,application/json;q=0.9,*/*;q=0.8\r\n' +
    'Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.9,de;q=0.8\r\nCookie: session=0123456789abcdef0123456789abcdef\r\n' +
    'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nx-request-id: 3f1f4c2e-8a53-4d4b-9f0e-6a7d0c1b2a39\r\n' +
    'Connection: keep-alive\r\n\r\n',
)
const RESPONSE = Buffer.from(
  'HTTP/1.1 200 OK\r\nserver: backend\r\ndate: Mon, 01 Jan 2024 00:00:00 GMT\r\ncontent-type: application/json\r\n' +
    'content-length: 1024\r\netag: "5d8c72a5edda8"\r\nconnection: keep-alive\r\n\r\n',
)
const CHUNKED_BODY = Buffer.from(`400\r\n${'x'.repeat(1024)}\r\n0\r\n\r\n`)

if (flags['relay-to'] !== undefined) {
  const relay = createRelay({ upstream: { host: '127.0.0.1', port: Number(flags['relay-to']) } })
  relay.listen(0, '127.0.0.1', () => {
    const address = relay.address()
    console.log(address !== null && typeof address === 'object' ? address.port : 0)
  })
  // An orderly end, so that --cpu-prof writes its file.
  process.on('SIGTERM', () => process.exit(0))
} else {
  if (flags.micro) micro()
  await besideEnvoy()
}

function micro(): void {
  const requests = new RequestReader(DEFAULT_HEAD_LIMITS)
  const responses = new ResponseReader(DEFAULT_HEAD_LIMITS)
  const body = new BodyReader(DEFAULT_HEAD_LIMITS, { onBody() {}, onBodyTrailers() {} })
  console.log('operation                                   ns')
  time('read a request head (10 fields, 572 bytes)', () => requests.read(BROWSER_REQUEST, 0))
  time('read a response head (6 fields)', () => responses.read(RESPONSE, 0))
  time('get() of a field that is there', () => requests.headers.get('x-request-id')?.length ?? 0)
  time('get() of a field that is not', () => requests.headers.get('x-forwarded-for')?.length ?? 0)
  time('write a request head (lines untouched)', () => {
    headWriter.requestLine({
      protocol: 'HTTP/1.1',
      method: requests.method,
      scheme: 'http',
      authority: requests.authority,
      path: requests.path,
      headers: requests.headers,
      upgrade: undefined,
    })
    headWriter.fields(requests.headers, true)
    return headWriter.end().length
  })
  time('write a response head (lines untouched)', () => {
    headWriter.statusLine(200)
    headWriter.fields(responses.headers, true)
    return headWriter.end().length
  })
  time('read a chunked body (1 KB, one chunk)', () => {
    body.begin(CHUNKED, 0)
    return body.read(CHUNKED_BODY, 0)
  })
}

/** Prints the median of seven timings (CPU, not clock: other processes run too). The operation returns a number so that it can't be optimised away. */
function time(name: string, operation: () => number): void {
  const times: number[] = []
  let sum = 0
  for (let round = 0; round < 8; round++) {
    const count = 50_000
    const begin = process.threadCpuUsage().user
    for (let i = 0; i < count; i++) sum += operation()
    // The first round compiles.
    if (round > 0) times.push(((process.threadCpuUsage().user - begin) / count) * 1000)
  }
  console.log(`${name.padEnd(42)} ${spread(times).median.toFixed(0).padStart(4)}${sum === 0 ? '?' : ''}`)
}

async function besideEnvoy(): Promise<void> {
  const stops: (() => unknown)[] = []
  try {
    const backend = start(path.join(import.meta.dirname, 'backend.ts'), [])
    stops.push(() => backend.kill())
    const backendPort = await firstNumber(backend)
    const relay = start(import.meta.filename, ['--relay-to', String(backendPort)])
    stops.push(() => relay.kill())
    const targets = [{ name: 'codec', pid: relay.pid ?? 0, port: await firstNumber(relay), micros: [] as number[] }]
    const binary = findEnvoy()
    if (binary === undefined) console.error('Envoy is not here: measuring the codec alone')
    else {
      const envoy = await startEnvoy(binary, backendPort)
      stops.push(() => envoy.stop())
      targets.push({ name: 'envoy', pid: envoy.pid, port: envoy.port, micros: [] })
    }
    for (const { port } of targets) wrk(port, '1')
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const target of targets) {
        const before = cpuMicros(target.pid)
        const requests = wrk(target.port, flags.seconds)
        target.micros.push((cpuMicros(target.pid) - before) / requests)
      }
    }
    console.log(`\n${flags.connections} connections, ${flags.bytes} bytes, ${flags.rounds} rounds of ${flags.seconds} s`)
    console.log('proxy    CPU us/request           RSS MB')
    for (const { name, pid, micros } of targets) {
      console.log(`${name.padEnd(8)} ${format(spread(micros)).padEnd(24)} ${memory(pid).rss.toFixed(0)}`)
    }
    const [codec, envoy] = targets.map(target => spread(target.micros).median)
    if (codec !== undefined && envoy !== undefined) console.log(`codec / Envoy: ${(codec / envoy).toFixed(2)}`)
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

function start(file: string, args: readonly string[]): ChildProcess {
  const profiling =
    flags.profile !== undefined && file === import.meta.filename ? ['--cpu-prof', '--cpu-prof-dir', flags.profile] : []
  return spawn(process.execPath, ['--max-semi-space-size=1', ...profiling, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function firstNumber(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', bytes => resolve(Number(bytes)))
    child.once('exit', code => reject(new Error(`Cannot start a process of the benchmark: it ended with ${code}`)))
  })
}

/** @returns how many requests were answered */
function wrk(port: number, seconds: string): number {
  const output = execFileSync(
    'wrk',
    ['-t1', `-c${flags.connections}`, `-d${seconds}s`, `http://127.0.0.1:${port}/${flags.bytes}`],
    {
      encoding: 'utf8',
    },
  )
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`Cannot measure: requests failed\n${output}`)
  return Number(/(\d+) requests in/.exec(output)?.[1])
}

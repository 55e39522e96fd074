/**
 * HTTP/1.1 keep-alive through one proxy: CPU microseconds per request and memory, mizzen's proxy beside Envoy on the same bootstrap.
 *
 * usage: node bench/http1.ts [--requests 20000] [--connections 32] [--rounds 5] [--bytes 1024] [--json]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { outboundBootstrap } from './data-plane/outbound.ts'
import { type EngineName, envoyBinary, freePorts, type Running, startEngine } from './engine.ts'
import { cpuMicros, format, memory, spread } from './process-cost.ts'

const { values: flags } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '5' },
    bytes: { type: 'string', default: '1024' },
    json: { type: 'boolean', default: false },
  },
})

const engines: EngineName[] = envoyBinary() ? ['envoy', 'mizzen'] : ['mizzen']
if (engines.length === 1) console.error('Envoy is not here (sh scripts/fetch-envoy.sh): measuring mizzen alone')

const backend = spawn(process.execPath, [path.join(import.meta.dirname, 'backend.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const backendPort = Number(await firstLine(backend))
const running: (Running & { port: number; micros: number[] })[] = []
try {
  for (const engine of engines) {
    const [port = 0, tcpPort = 0, admin = 0] = await freePorts(3)
    const bootstrap = outboundBootstrap({ port, tcpPort, admin, backend: backendPort })
    running.push({ ...(await startEngine(engine, bootstrap, admin)), port, micros: [] })
  }
  for (const { port } of running) run(port, 5000) // compiled code and filled pools, as in any process that has served for a second
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const target of running) {
      const before = cpuMicros(target.pid)
      const done = run(target.port, Number(flags.requests))
      if (done.failed > 0) throw new Error(`${done.failed} of ${done.requests} requests through ${target.engine} failed`)
      target.micros.push((cpuMicros(target.pid) - before) / done.requests)
    }
  }
  report()
} finally {
  await Promise.all(running.map(target => target.stop()))
  backend.kill()
}

function report(): void {
  const rows = running.map(target => ({ engine: target.engine, cpu: spread(target.micros), memory: memory(target.pid) }))
  const envoy = rows.find(row => row.engine === 'envoy')
  const mizzen = rows.find(row => row.engine === 'mizzen')
  const ratio = envoy && mizzen ? mizzen.cpu.median / envoy.cpu.median : undefined
  if (flags.json) {
    console.log(JSON.stringify({ http1: ratio, rows }))
    return
  }
  console.log(
    `HTTP/1.1, ${flags.connections} connections, ${flags.bytes} bytes, ${flags.rounds} rounds of ${flags.requests} requests`,
  )
  console.log('engine   CPU us/request           RSS MB (anonymous + file)')
  for (const row of rows) {
    console.log(
      `${row.engine.padEnd(8)} ${format(row.cpu).padEnd(24)} ${row.memory.rss.toFixed(0)} (${row.memory.anonymous.toFixed(0)} + ${row.memory.file.toFixed(0)})`,
    )
  }
  if (ratio !== undefined) console.log(`mizzen / Envoy: ${ratio.toFixed(2)}`)
}

function run(port: number, requests: number): { requests: number; failed: number } {
  const command = [
    path.join(import.meta.dirname, 'load.ts'),
    `${port}`,
    flags.connections,
    `${requests}`,
    'backend',
    `/${flags.bytes}`,
  ]
  return JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8' }))
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', bytes => resolve(String(bytes)))
    child.once('exit', code => reject(new Error(`the backend ended with ${code}`)))
  })
}

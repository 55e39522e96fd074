/**
 * The control plane with a large mesh: how long the first compilation takes, and what one changed VirtualService and one changed endpoint cost until
 * every sidecar has them. The sidecars are real xDS clients over a unix socket, one in each namespace, in processes of their own; times include
 * theirs, and they share the machine's processors.
 *
 * usage: node --expose-gc bench/control-plane.ts [--services 10000] [--virtual-services 2000] [--proxies 100] [--rounds 5] [--inside] [--json]
 * --inside: virtual hosts stay in their route tables, as proxies have it that do not take them one by one
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ControlPlane } from '../src/run/control-plane.ts'
import { Store } from '../src/source/store.ts'
import { AdsServer } from '../src/xds/server/ads-server.ts'
import { serveAds } from '../src/xds/server/grpc.ts'
import { bigMesh, endpointSlice, type Size, virtualService } from './big-mesh.ts'

const { values: flags } = parseArgs({
  options: {
    services: { type: 'string', default: '10000' },
    'virtual-services': { type: 'string', default: '2000' },
    'destination-rules': { type: 'string', default: '2000' },
    proxies: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '5' },
    inside: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const proxies = Number(flags.proxies)
const size: Size = {
  services: Number(flags.services),
  endpoints: 3,
  virtualServices: Number(flags['virtual-services']),
  destinationRules: Number(flags['destination-rules']),
  namespaces: proxies,
}
/** Clients are quiet for so long: they have everything. */
const QUIET_MS = 1500
const PROCESSES = 2

interface Row {
  readonly what: string
  readonly firstByteMs: number
  readonly lastAckMs: number
  readonly cpuMs: number
  readonly megabytes: number
}

const objects = bigMesh(size)
const empty = memory()
const store = new Store()
const source = store.source()
const cold = performance.now()
source.publish([...objects])
const plane = new ControlPlane(store)
const coldMs = performance.now() - cold
const compiled = memory()

let firstByteAt = 0
let lastAckAt = 0
let bytes = 0
const ads = new AdsServer({
  source: plane,
  onEvent(event) {
    if (event.kind === 'sent') {
      firstByteAt ||= performance.now()
      bytes += event.bytes
    }
    if (event.kind === 'acked') lastAckAt = performance.now()
  },
})
const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-bench-'))
const socket = path.join(folder, 'xds.sock')
const grpc = await serveAds({ ads, listen: [{ path: socket }] })
const children: ChildProcess[] = []
const rows: Row[] = []

try {
  rows.push(
    await measure(`${proxies} sidecars connect`, () => {
      for (let i = 0; i < PROCESSES; i++) children.push(clients(i))
    }),
  )
  const connected = memory()
  const rules = objects.findIndex(object => object.kind === 'VirtualService')
  const slices = objects.findIndex(object => object.kind === 'EndpointSlice')
  for (let round = 1; round <= Number(flags.rounds); round++) {
    rows.push(await measure('one VirtualService changes', () => replace(rules, virtualService(size, 0, 50 + round))))
  }
  for (let round = 1; round <= Number(flags.rounds); round++) {
    rows.push(await measure('one endpoint changes', () => replace(slices, endpointSlice(size, 0, round))))
  }
  report(connected)
} finally {
  for (const child of children) {
    const gone = once(child, 'exit')
    child.kill()
    await gone
  }
  ads.close()
  plane.close()
  await grpc.close(0)
  await rm(folder, { recursive: true, force: true })
}

function clients(process_: number): ChildProcess {
  const first = Math.floor((proxies * process_) / PROCESSES)
  const count = Math.floor((proxies * (process_ + 1)) / PROCESSES) - first
  const args = [path.join(import.meta.dirname, 'sidecar-clients.ts'), socket, String(first), String(count)]
  return spawn(process.execPath, [...args, flags.inside ? 'inside' : 'apart'], { stdio: ['ignore', 'inherit', 'inherit'] })
}

function replace(at: number, object: (typeof objects)[number]): void {
  objects[at] = object
  source.publish([...objects])
}

/** Until no client has acknowledged anything for a while. */
async function measure(what: string, change: () => void): Promise<Row> {
  firstByteAt = 0
  lastAckAt = 0
  bytes = 0
  globalThis.gc?.()
  const cpu = process.cpuUsage()
  const started = performance.now()
  change()
  await new Promise<void>(resolve => {
    const timer = setInterval(() => {
      if (lastAckAt === 0 || performance.now() - Math.max(lastAckAt, firstByteAt) < QUIET_MS || ads.pushing) return
      clearInterval(timer)
      resolve()
    }, 50)
  })
  const { user, system } = process.cpuUsage(cpu)
  return {
    what,
    firstByteMs: firstByteAt - started,
    lastAckMs: lastAckAt - started,
    cpuMs: (user + system) / 1000,
    megabytes: bytes / 1e6,
  }
}

interface Memory {
  readonly rss: number
  readonly heap: number
}

/** Megabytes, without garbage if the process may collect it (--expose-gc). */
function memory(): Memory {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  return { rss: rss / 1e6, heap: heapUsed / 1e6 }
}

function report(connected: Memory): void {
  const end = memory()
  const summary = [...Map.groupBy(rows, row => row.what)].map(([what, of]) => ({
    what,
    firstByteMs: median(of.map(row => row.firstByteMs)),
    lastAckMs: median(of.map(row => row.lastAckMs)),
    cpuMs: median(of.map(row => row.cpuMs)),
    megabytes: median(of.map(row => row.megabytes)),
  }))
  if (flags.json) {
    console.log(JSON.stringify({ size, proxies, coldMs, memory: { empty, compiled, connected, end }, rows: summary }))
    return
  }
  console.log(
    `${size.services} Services with ${size.endpoints} endpoints each, ${size.virtualServices} VirtualServices, ${size.destinationRules} DestinationRules, ${proxies} sidecars`,
  )
  console.log(`cold compile ${coldMs.toFixed(0)} ms\n`)
  console.log('                              first byte, ms   last ack, ms   CPU, ms     MB sent')
  for (const row of summary) {
    const cells = [
      row.firstByteMs.toFixed(0).padStart(14),
      row.lastAckMs.toFixed(0).padStart(15),
      row.cpuMs.toFixed(0).padStart(10),
    ]
    console.log(row.what.padEnd(30) + cells.join('') + row.megabytes.toFixed(2).padStart(12))
  }
  const texts = Object.entries({ 'objects read': empty, compiled, 'all connected': connected, 'at the end': end })
  console.log(
    `\nRSS (heap), MB: ${texts.map(([when, { rss, heap }]) => `${when} ${rss.toFixed(0)} (${heap.toFixed(0)})`).join(', ')}`,
  )
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

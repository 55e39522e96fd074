/**
 * The ADS server with many proxies: how long until all have acknowledged a change, what it costs the server, and how many bytes it sends.
 *
 * The clients are real ones over a unix socket, in a few processes beside the server's; times include theirs. They share the machine's
 * processors: with few of these, times are those of the whole machine, and the server's own part is its CPU time.
 *
 * usage: node --expose-gc bench/xds-server.ts [--clients 1000] [--services 1000] [--processes 2] [--protocol delta] [--json]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { AdsServer } from '../src/xds/server/ads-server.ts'
import { framedResources } from '../src/xds/server/frames.ts'
import { serveAds } from '../src/xds/server/grpc.ts'
import { MapSource } from '../src/xds/server/map-source.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE } from '../src/xds/wire/type-url.ts'
import { cluster, endpoints, listener, routes } from '../test/xds/resources.ts'

const { values: flags } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    services: { type: 'string', default: '1000' },
    processes: { type: 'string', default: '2' },
    protocol: { type: 'string', default: 'delta' },
    json: { type: 'boolean', default: false },
  },
})
const clients = Number(flags.clients)
const processes = Number(flags.processes)
/** Types that each client subscribes to. */
const TYPES = 4

const names = Array.from({ length: Number(flags.services) }, (_, i) => `outbound|80||service-${i}.default.svc.cluster.local`)
const source = new MapSource()
source.update(
  CLUSTER,
  names.map(name => cluster(name)),
)
source.update(
  ENDPOINT,
  names.map(name => endpoints(name, [8080, 8081])),
)
const tables = Array.from({ length: 20 }, (_, i) => `${8000 + i}`)
source.update(
  LISTENER,
  tables.map(name => listener(name, name)),
)
source.update(
  ROUTE,
  tables.map((name, i) => routes(name, names[i] ?? '')),
)

let acks = 0
let onAck = () => {}
const ads: AdsServer = new AdsServer({
  source,
  onEvent(event) {
    if (event.kind === 'acked') {
      acks++
      onAck()
    }
  },
})
const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-bench-'))
const socket = path.join(folder, 'xds.sock')
const grpc = await serveAds({ ads, listen: [{ path: socket }] })
const before = memory()
const children: ChildProcess[] = []
const rows: Row[] = []

interface Row {
  readonly what: string
  /** Until the last acknowledgement. */
  readonly ms: number
  readonly serverCpuMs: number
  readonly responses: number
  readonly megabytes: number
  readonly bytesPerClient: number
  readonly framed: number
}

try {
  await measure('all clients connect', clients * TYPES, () => {
    for (let i = 0; i < processes; i++) {
      const count = Math.floor((clients * (i + 1)) / processes) - Math.floor((clients * i) / processes)
      const program = path.join(import.meta.dirname, 'xds-clients.ts')
      const args = [program, socket, String(count), flags.protocol, `p${i}`]
      children.push(spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }))
    }
  })
  const connected = memory()
  const [name = ''] = names
  for (const round of [1, 2, 3]) {
    await measure(`one cluster's endpoints change (${round})`, clients, () => {
      source.update(ENDPOINT, [endpoints(name, [8080 + round])])
    })
  }
  await measure('one route table changes', clients, () => source.update(ROUTE, [routes('8000', names[7] ?? '')]))
  // A cluster, and once more its endpoints.
  await measure('one cluster changes', clients * 2, () => source.update(CLUSTER, [cluster(name, 5)]))
  report(connected)
} finally {
  for (const child of children) {
    const gone = once(child, 'exit')
    child.kill()
    await gone
  }
  ads.close()
  await grpc.close(0)
  await rm(folder, { recursive: true, force: true })
}

/** @param expected acknowledgements */
async function measure(what: string, expected: number, change: () => void): Promise<void> {
  const counts = totals()
  const framed = framedResources()
  acks = 0
  const cpu = process.cpuUsage()
  const started = performance.now()
  await new Promise<void>(resolve => {
    onAck = () => {
      if (acks >= expected) resolve()
    }
    change()
  })
  const ms = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  const bytes = totals().bytes - counts.bytes
  rows.push({
    what,
    ms,
    serverCpuMs: (user + system) / 1000,
    responses: totals().responses - counts.responses,
    megabytes: bytes / 1e6,
    bytesPerClient: bytes / clients,
    framed: framedResources() - framed,
  })
}

function totals(): { responses: number; bytes: number } {
  let responses = 0
  let bytes = 0
  for (const counts of ads.counters.types.values()) {
    responses += counts.responses
    bytes += counts.bytes
  }
  return { responses, bytes }
}

interface Memory {
  readonly rss: number
  readonly heap: number
}

/** Without garbage, if the process may collect it (--expose-gc). */
function memory(): Memory {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  return { rss: rss / 1e6, heap: heapUsed / 1e6 }
}

function report(connected: Memory): void {
  const perClient = (connected.heap - before.heap) / clients
  if (flags.json) {
    console.log(JSON.stringify({ clients, services: names.length, protocol: flags.protocol, before, connected, rows }))
    return
  }
  console.log(`${clients} clients (${flags.protocol}), ${names.length} services, ${tables.length} listeners and route tables\n`)
  console.log(
    '                                          until all, ms   server CPU, ms   responses   MB sent   bytes a client   framed',
  )
  for (const row of rows) {
    const cells = [row.ms.toFixed(0).padStart(15), row.serverCpuMs.toFixed(0).padStart(17), String(row.responses).padStart(12)]
    cells.push(row.megabytes.toFixed(2).padStart(10), row.bytesPerClient.toFixed(0).padStart(17), String(row.framed).padStart(9))
    console.log(row.what.padEnd(40) + cells.join(''))
  }
  console.log(`\nserver: RSS ${before.rss.toFixed(0)} MB before, ${connected.rss.toFixed(0)} MB with all clients`)
  console.log(
    `heap: ${before.heap.toFixed(0)} MB before, ${connected.heap.toFixed(0)} MB with all clients, ${(perClient * 1000).toFixed(0)} KB a client`,
  )
}

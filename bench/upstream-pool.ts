/**
 * The way through a cluster by itself, over a connection that answers at once: pick a host, take a ready connection, open a stream, keep the
 * books, end it. Nanoseconds and bytes of garbage a request.
 *
 * usage: node --expose-gc bench/upstream-pool.ts [--requests 2000000]
 */
import { parseArgs } from 'node:util'
import { systemClock } from '../src/lib/clock.ts'
import { breakerLimits, CircuitBreaker } from '../src/proxy/cluster/circuit-breaker.ts'
import { ClusterStats, HostStats } from '../src/proxy/cluster/cluster-stats.ts'
import { HeaderList } from '../src/proxy/http/headers.ts'
import type {
  ClientConnection,
  ClientConnectionOwner,
  ClientStream,
  RequestHead,
  ResponseHandler,
} from '../src/proxy/http/stream.ts'
import { HttpPool } from '../src/proxy/pool/http-pool.ts'

const { values } = parseArgs({ options: { requests: { type: 'string', default: '2000000' } } })
const REQUESTS = Number(values.requests)

const BODY = Buffer.alloc(0)
const RESPONSE = { status: 200, headers: new HeaderList() }

/** HTTP/1.1's behaviour without its bytes. */
class InstantConnection implements ClientConnection, ClientStream {
  readonly protocol = 'HTTP/1.1'
  active = 0
  capacity = 1
  readonly #owner: ClientConnectionOwner
  #handler: ResponseHandler | undefined

  constructor(owner: ClientConnectionOwner) {
    this.#owner = owner
  }

  open(_head: RequestHead, _last: boolean, handler: ResponseHandler): ClientStream {
    this.active = 1
    this.capacity = 0
    this.#handler = handler
    return this
  }

  /** The response comes, in two parts. */
  answer(): void {
    const handler = this.#handler
    handler?.onResponse(RESPONSE, false)
    handler?.onData(BODY, true)
    this.active = 0
    this.capacity = 1
    this.#owner.onCapacity(this)
  }

  write(): boolean {
    return true
  }
  writeTrailers(): void {}
  reset(): void {}
  pause(): void {}
  resume(): void {}
  drain(): void {}
  destroy(): void {}
}

let connection: InstantConnection | undefined
const host = { active: 0, stats: new HostStats() }
const pool = new HttpPool({
  host,
  stats: new ClusterStats(),
  breaker: new CircuitBreaker(breakerLimits(undefined)),
  clock: systemClock,
  multiplexed: false,
  connectTimeoutMs: 0,
  idleTimeoutMs: 3_600_000,
  maxConnectionMs: 0,
  maxRequestsPerConnection: 0,
  connect(pooled) {
    connection = new InstantConnection(pooled)
    setImmediate(made => pooled.established(made), connection)
    return { cancel() {} }
  },
})

const head: RequestHead = {
  protocol: 'HTTP/1.1',
  method: 'GET',
  scheme: 'http',
  authority: 'shop',
  path: '/',
  headers: new HeaderList(),
  upgrade: undefined,
}
let responses = 0
const handler: ResponseHandler = {
  onInformational() {},
  onResponse() {},
  onData(_chunk, last) {
    if (last) responses++
  },
  onTrailers() {},
  onReset() {},
  onWritable() {},
}

pool.open(head, true, handler)
await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
connection?.answer()
run(REQUESTS / 10)
globalThis.gc?.()
const heap = process.memoryUsage().heapUsed
// Few enough that no collection runs in between.
const sample = 2000
run(sample)
const garbage = (process.memoryUsage().heapUsed - heap) / sample
const start = process.hrtime.bigint()
run(REQUESTS)
const ns = Number(process.hrtime.bigint() - start) / REQUESTS
console.log(`open a stream on a ready connection, and its end: ${ns.toFixed(0)} ns, ${garbage.toFixed(0)} bytes of garbage`)
if (responses !== REQUESTS + REQUESTS / 10 + sample + 1) throw new Error(`${responses} responses came`)
pool.destroy()

function run(count: number): void {
  for (let i = 0; i < count; i++) {
    pool.open(head, true, handler)
    connection?.answer()
  }
}

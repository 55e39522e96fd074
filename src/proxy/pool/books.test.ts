import assert from 'node:assert/strict'
import * as http2 from 'node:http2'
import type * as net from 'node:net'
import { type TestContext, test } from 'node:test'
import { seededRandom } from '../../lib/random.ts'
import { CircuitBreakers } from '../../xds/gen/envoy/config/cluster/v3/circuit_breaker.ts'
import {
  clusterSet,
  eventually,
  listen,
  OK,
  PICK,
  protocolOptions,
  requestHead,
  requestServer,
  Sent,
  staticCluster,
} from '../cluster/cluster-set.testing.ts'
import type { ClusterSet } from '../cluster/cluster-set.ts'

/** Sends with bodies and cancellations at random, and waits until nothing is under way. */
async function disturb(set: ClusterSet, random: () => number, count: number): Promise<Map<string, number>> {
  const cluster = set.get('shop') ?? assert.fail()
  const outcomes = new Map<string, number>()
  const worker = async () => {
    for (let i = 0; i < count; i++) {
      const host = cluster.pick(PICK)
      assert(host)
      const sent = new Sent()
      const withBody = random() < 0.3
      const stream = cluster.open(host, requestHead('/', withBody ? { method: 'POST' } : {}), !withBody, sent)
      if (withBody) {
        stream.write(Buffer.alloc(Math.floor(random() * 100_000)), false)
        if (random() < 0.5) await new Promise(resolve => setImmediate(resolve))
        stream.write(Buffer.from('end'), true)
      }
      const cancelled = random() < 0.2
      if (cancelled) {
        for (let turns = Math.floor(random() * 6); turns > 0; turns--) await new Promise(resolve => setImmediate(resolve))
        stream.reset('local-reset')
      } else await sent.done
      const outcome = cancelled ? 'cancelled' : (sent.reset ?? 'answered')
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return outcomes
}

/** With RST. Node never closes a socket that is reset while it is shutting down. */
function reset(socket: net.Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

/** Waits until both ends agree on the connections there are. @returns how many */
async function settled(t: TestContext, set: ClusterSet, server: net.Server): Promise<number> {
  const { stats } = set.records[0] ?? assert.fail()
  let open = -1
  await eventually(t, () => {
    server.getConnections((_error, count) => (open = count))
    return stats.upstream_cx_active === open
  })
  return open
}

/** Nothing is under way, and every connection that is still counted is an idle one that is really there. */
function assertBalanced(set: ClusterSet, open: number): void {
  const { stats, active } = set.records[0] ?? assert.fail()
  const { connections, pending, requests } = active?.breakers.default ?? assert.fail()
  const [host] = active?.hosts ?? []
  assert.deepEqual(
    {
      pending,
      requests,
      rq: stats.upstream_rq_active,
      waiting: stats.upstream_rq_pending_active,
      host: host?.active,
      hostRq: host?.stats.rq_active,
    },
    { pending: 0, requests: 0, rq: 0, waiting: 0, host: 0, hostRq: 0 },
  )
  assert.deepEqual([connections, stats.upstream_cx_active, host?.stats.cx_active], [open, open, open])
  assert.equal(stats.upstream_cx_total - stats.upstream_cx_destroy, open)
  assert.equal(stats.upstream_cx_destroy, stats.upstream_cx_destroy_local + stats.upstream_cx_destroy_remote)
}

const circuitBreakers = CircuitBreakers.fromPartial({ thresholds: [{ maxConnections: 4, maxPendingRequests: 6 }] })

for (const seed of [1, 2, 3])
  test(`the books balance after whatever an HTTP/1.1 upstream does (seed ${seed})`, async t => {
    const random = seededRandom(seed)
    const server = requestServer(socket => {
      const dice = random()
      if (dice < 0.6) socket.write(OK)
      else if (dice < 0.7) socket.destroy()
      else if (dice < 0.75) reset(socket)
      else if (dice < 0.8) socket.end(OK)
      else if (dice < 0.85) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')
      else if (dice < 0.9) socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end')
      else if (dice < 0.95) setImmediate(() => socket.write(OK))
      else socket.write('no HTTP at all\r\n\r\n')
    })
    const port = await listen(t, server)
    const set = clusterSet(t)
    set.put(staticCluster('shop', [port], { circuitBreakers }))
    const outcomes = await disturb(set, random, 60)
    for (const outcome of ['answered', 'cancelled', 'connection-closed', 'protocol-error', 'overflow'])
      assert(outcomes.has(outcome), outcome)
    assertBalanced(set, await settled(t, set, server))
  })

for (const seed of [1, 2, 3])
  test(`the books balance after whatever an HTTP/2 upstream does (seed ${seed})`, async t => {
    const random = seededRandom(seed)
    const server = http2.createServer({ settings: { maxConcurrentStreams: 3 } })
    server.on('session', session => session.on('error', () => {}))
    server.on('stream', stream => {
      stream.on('error', () => {})
      const dice = random()
      if (dice < 0.1) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
      else if (dice < 0.15) stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)
      else if (dice < 0.17) stream.session?.destroy()
      else if (dice < 0.2) {
        // As RFC 9113 section 5.4.1 demands, and node:http2 does not do by itself: it would never read again, and never notice our end.
        const { session } = stream
        session?.goaway(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM)
        setImmediate(() => session?.destroy())
      } else {
        if (dice < 0.23) stream.session?.close()
        stream.respond({ ':status': 200 })
        stream.end('ok')
      }
    })
    const port = await listen(t, server)
    const set = clusterSet(t)
    set.put(staticCluster('shop', [port], { circuitBreakers, typedExtensionProtocolOptions: protocolOptions('http2') }))
    const outcomes = await disturb(set, random, 60)
    for (const outcome of ['answered', 'cancelled', 'refused-stream', 'remote-reset', 'connection-closed'])
      assert(outcomes.has(outcome), outcome)
    assertBalanced(set, await settled(t, set, server))
  })

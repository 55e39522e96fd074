import assert from 'node:assert/strict'
import { once } from 'node:events'
import * as net from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ManualClock } from '../../lib/clock.ts'
import { CircuitBreakers } from '../../xds/gen/envoy/config/cluster/v3/circuit_breaker.ts'
import {
  assignment,
  closedPort,
  clusterSet,
  edsCluster,
  eventually,
  listen,
  OK,
  PICK,
  protocolOptions,
  rawServer,
  requestHead,
  Sent,
  send,
  staticCluster,
} from '../cluster/cluster-set.testing.ts'

const seconds = (seconds: number) => ({ seconds, nanos: 0 })

/** Answers when told to. */
function held() {
  const waiting: net.Socket[] = []
  return {
    waiting,
    hold: (socket: net.Socket) => void waiting.push(socket),
    release() {
      waiting.shift()?.write(OK)
    },
  }
}

test('requests one after the other share a connection', async t => {
  const port = await rawServer(t, socket => socket.write(OK))
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port]))
  const cluster = set.get('shop')
  for (let i = 0; i < 3; i++) {
    const sent = send(cluster)
    await sent.done
    assert.equal(sent.status, 200)
    assert.equal(sent.body, 'ok')
    assert.equal(sent.stream?.reused, i > 0)
  }
  const { stats } = set.records[0] ?? assert.fail()
  assert.equal(stats.upstream_cx_total, 1)
  assert.equal(stats.upstream_cx_http1_total, 1)
  assert.equal(stats.upstream_rq_total, 3)
  assert.equal(stats.upstream_rq_active, 0)
  assert.equal(cluster?.hosts[0]?.active, 0)
})

test('the connection that was used last is used first', async t => {
  const ports: (number | undefined)[] = []
  const { hold, waiting, release } = held()
  const port = await rawServer(t, (socket, head) => {
    if (head.startsWith('GET /held ')) hold(socket)
    else {
      ports.push(socket.remotePort)
      socket.write(OK)
    }
  })
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port]))
  const [first, second] = [send(set.get('shop'), '/held'), send(set.get('shop'), '/held')]
  await eventually(t, () => waiting.length >= 2)
  const lastFreed = waiting[1]?.remotePort
  release()
  await Promise.race([first.done, second.done])
  release()
  await Promise.all([first.done, second.done])
  for (let i = 0; i < 3; i++) await send(set.get('shop')).done
  assert.deepEqual(ports, [lastFreed, lastFreed, lastFreed])
})

test('open() refuses what exceeds the pending limit, after it returns', async t => {
  const { hold, waiting } = held()
  const port = await rawServer(t, hold)
  const set = clusterSet(t)
  const circuitBreakers = CircuitBreakers.fromPartial({ thresholds: [{ maxConnections: 1, maxPendingRequests: 1 }] })
  set.put(staticCluster('shop', [port], { circuitBreakers }))
  const first = send(set.get('shop'))
  await eventually(t, () => waiting.length >= 1)
  const second = send(set.get('shop'))
  const third = send(set.get('shop'))
  assert.equal(third.reset, undefined)
  await third.done
  assert.equal(third.reset, 'overflow')
  const { stats } = set.records[0] ?? assert.fail()
  assert.equal(stats.upstream_rq_pending_overflow, 1)
  assert.equal(stats.upstream_cx_total, 1)
  waiting.shift()?.write(OK)
  await first.done
  await eventually(t, () => waiting.length >= 1)
  waiting.shift()?.write(OK)
  await second.done
  assert.equal(second.status, 200)
  assert.equal(stats.upstream_rq_pending_active, 0)
  assert.equal(set.get('shop')?.hosts[0]?.active, 0)
})

test('open() refuses what exceeds max_requests, and takes no place when it is cancelled first', async t => {
  const { hold, waiting, release } = held()
  const port = await rawServer(t, hold)
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port], { circuitBreakers: CircuitBreakers.fromPartial({ thresholds: [{ maxRequests: 1 }] }) }))
  const first = send(set.get('shop'))
  await eventually(t, () => waiting.length >= 1)
  const second = send(set.get('shop'))
  await second.done
  assert.equal(second.reset, 'overflow')
  release()
  await first.done
  const third = send(set.get('shop'))
  third.stream?.reset('local-reset')
  const fourth = send(set.get('shop'))
  // The third may have been sent already; its connection is closed then.
  await eventually(t, () => {
    release()
    return fourth.ended
  })
  assert.equal(fourth.status, 200)
  assert.equal(set.get('shop')?.hosts[0]?.active, 0)
})

test('one connection is allowed to each host, whatever the limit', async t => {
  const { hold, waiting } = held()
  const busy = await rawServer(t, hold)
  const other = await rawServer(t, socket => socket.write(OK))
  const set = clusterSet(t)
  const circuitBreakers = CircuitBreakers.fromPartial({ thresholds: [{ maxConnections: 1 }] })
  set.put(staticCluster('shop', [busy, other], { circuitBreakers }))
  send(set.get('shop'))
  await eventually(t, () => waiting.length >= 1)
  const second = send(set.get('shop'))
  await second.done
  assert.equal(second.status, 200)
  const { stats } = set.records[0] ?? assert.fail()
  assert.equal(stats.upstream_cx_overflow, 1)
})

test('a refused connection fails everything that waits, with the reason', async t => {
  const set = clusterSet(t)
  set.put(staticCluster('shop', [await closedPort()]))
  const [first, second] = [send(set.get('shop')), send(set.get('shop'))]
  await Promise.all([first.done, second.done])
  assert.deepEqual([first.reset, second.reset], ['connect-failure', 'connect-failure'])
  assert.equal(first.stream?.connectError, 'delayed connect error: Connection refused')
  assert.equal(first.stream?.connected, false)
  const { stats } = set.records[0] ?? assert.fail()
  assert.equal(stats.upstream_rq_pending_failure_eject, 2)
  await eventually(t, () => stats.upstream_cx_active === 0)
  assert.equal(set.get('shop')?.hosts[0]?.active, 0)
})

test('a connection that takes too long fails by the clock', async t => {
  const clock = new ManualClock()
  const set = clusterSet(t, { clock })
  // Nobody answers at an address for documentation (RFC 5737), and the clock is moved before anything else could.
  set.put(staticCluster('shop', [{ port: 9, address: '192.0.2.1' }], { connectTimeout: seconds(2) }))
  const sent = send(set.get('shop'))
  clock.advance(2000)
  await sent.done
  assert.equal(sent.reset, 'connect-timeout')
  assert.equal(sent.stream?.connectError, 'connection timeout')
  const { stats } = set.records[0] ?? assert.fail()
  assert.equal(stats.upstream_cx_connect_timeout, 1)
  assert.equal(stats.upstream_cx_connect_fail, 1)
  assert.equal(clock.waiting, 0)
})

test('a reused connection that closes before the response says so', async t => {
  let served = 0
  const port = await rawServer(t, socket => {
    if (served++ === 0) socket.write(OK)
    else socket.destroy()
  })
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port]))
  await send(set.get('shop')).done
  const second = send(set.get('shop'))
  await second.done
  assert.equal(second.reset, 'connection-closed')
  assert.equal(second.stream?.reused, true)
  assert.equal(second.stream?.connected, true)
  const { stats } = set.records[0] ?? assert.fail()
  assert.equal(stats.upstream_cx_destroy_remote_with_active_rq, 1)
})

test('a connection that its peer closes while it is idle is not used again', async t => {
  const sockets: net.Socket[] = []
  const port = await rawServer(t, socket => {
    sockets.push(socket)
    socket.write(OK)
  })
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port]))
  await send(set.get('shop')).done
  sockets[0]?.end()
  await eventually(t, () => set.records[0]?.stats.upstream_cx_active === 0)
  const second = send(set.get('shop'))
  await second.done
  assert.equal(second.status, 200)
  assert.equal(second.stream?.reused, false)
  assert.equal(set.records[0]?.stats.upstream_cx_total, 2)
})

test('idle connections close after the idle timeout, used ones do not', async t => {
  const closed = Promise.withResolvers<void>()
  const server = net.createServer(socket => {
    socket.on('data', () => socket.write(OK))
    socket.on('close', () => closed.resolve())
  })
  const port = await listen(t, server)
  const clock = new ManualClock()
  const set = clusterSet(t, { clock })
  set.put(
    staticCluster('shop', [port], { typedExtensionProtocolOptions: protocolOptions('http1', { idleTimeout: seconds(10) }) }),
  )
  await send(set.get('shop')).done
  clock.advance(6000)
  await send(set.get('shop')).done
  clock.advance(6000)
  await send(set.get('shop')).done
  const { stats } = set.records[0] ?? assert.fail()
  assert.equal(stats.upstream_cx_total, 1)
  clock.advance(10_000)
  await closed.promise
  assert.equal(stats.upstream_cx_idle_timeout, 1)
  assert.equal(clock.waiting, 0)
})

test('max_requests_per_connection and max_connection_duration retire a connection after what it serves', async t => {
  const port = await rawServer(t, socket => socket.write(OK))
  const clock = new ManualClock()
  const set = clusterSet(t, { clock })
  const options = protocolOptions('http1', { maxRequestsPerConnection: 2, maxConnectionDuration: seconds(60) })
  set.put(staticCluster('shop', [port], { typedExtensionProtocolOptions: options }))
  const reused: (boolean | undefined)[] = []
  for (let i = 0; i < 4; i++) {
    const sent = send(set.get('shop'))
    await sent.done
    assert.equal(sent.status, 200)
    reused.push(sent.stream?.reused)
  }
  assert.deepEqual(reused, [false, true, false, true])
  const { stats } = set.records[0] ?? assert.fail()
  assert.equal(stats.upstream_cx_max_requests, 2)
  await send(set.get('shop')).done
  clock.advance(60_000)
  assert.equal(stats.upstream_cx_max_duration_reached, 1)
  const last = send(set.get('shop'))
  await last.done
  assert.equal(last.stream?.reused, false)
})

test('a host that leaves finishes its request and then closes', async t => {
  const { hold, waiting } = held()
  const old = await rawServer(t, hold)
  const young = await rawServer(t, socket => socket.write(OK))
  const set = clusterSet(t)
  set.put(edsCluster('shop'))
  set.putEndpoints('shop', assignment('shop', [old]))
  const underWay = send(set.get('shop'))
  await eventually(t, () => waiting.length >= 1)
  set.putEndpoints('shop', assignment('shop', [young]))
  const next = send(set.get('shop'))
  await next.done
  assert.equal(next.status, 200)
  const [socket] = waiting
  assert(socket)
  socket.write(OK)
  await underWay.done
  assert.equal(underWay.status, 200)
  await once(socket, 'close')
})

test('reset() of a waiting request gives its place back', async t => {
  const { hold, waiting, release } = held()
  const port = await rawServer(t, hold)
  const set = clusterSet(t)
  const circuitBreakers = CircuitBreakers.fromPartial({ thresholds: [{ maxConnections: 1, maxPendingRequests: 1 }] })
  set.put(staticCluster('shop', [port], { circuitBreakers }))
  const first = send(set.get('shop'))
  await eventually(t, () => waiting.length >= 1)
  const cancelled = send(set.get('shop'))
  cancelled.stream?.reset('local-reset')
  const second = send(set.get('shop'))
  release()
  await first.done
  await eventually(t, () => waiting.length >= 1)
  release()
  await second.done
  assert.equal(second.status, 200)
  assert.equal(cancelled.reset, undefined)
  assert.equal(set.records[0]?.stats.upstream_rq_cancelled, 1)
})

test('a body written before there is a connection arrives whole, and its writer is told when there is room', async t => {
  const received = Promise.withResolvers<number>()
  const server = net.createServer(socket => {
    let bytes = 0
    socket.on('data', chunk => {
      bytes += chunk.length
      if (!chunk.toString('latin1').endsWith('0\r\n\r\n')) return
      received.resolve(bytes)
      socket.write(OK)
    })
  })
  const port = await listen(t, server)
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port]))
  const cluster = set.get('shop')
  const host = cluster?.pick(PICK)
  assert(cluster && host)
  const sent = new Sent()
  const stream = cluster.open(host, requestHead('/', { method: 'POST' }), false, sent)
  const chunk = Buffer.alloc(40_000, 'x')
  assert.equal(stream.write(chunk, false), true)
  assert.equal(stream.write(chunk, false), false)
  chunk.fill('y')
  await sent.until(() => sent.writable > 0)
  stream.write(Buffer.alloc(0), true)
  assert((await received.promise) > 80_000)
  await sent.done
  assert.equal(sent.status, 200)
})

test('an answer before the end of the request frees the host', async t => {
  const server = net.createServer(socket =>
    socket.once('data', () => socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n')),
  )
  const port = await listen(t, server)
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port]))
  const cluster = set.get('shop')
  const host = cluster?.pick(PICK)
  assert(cluster && host)
  const sent = new Sent()
  const stream = cluster.open(host, requestHead('/', { method: 'POST' }), false, sent)
  stream.write(Buffer.from('begin'), false)
  await sent.done
  assert.equal(sent.status, 413)
  assert.equal(host.active, 0)
  stream.write(Buffer.from('end'), true)
  stream.reset('local-reset')
  assert.equal(sent.reset, undefined)
})

test('memory stays bounded when the reader of a response is slow', async t => {
  const body = Buffer.alloc(64 * 1024)
  let accepted = 0
  const server = net.createServer(socket => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 67108864\r\n\r\n')
      const push = () => {
        while (accepted < 64 * 1024 * 1024) {
          accepted += body.length
          if (!socket.write(body)) {
            socket.once('drain', push)
            return
          }
        }
      }
      push()
    })
  })
  const port = await listen(t, server)
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port]))
  const sent = send(set.get('shop'))
  await sent.started
  sent.stream?.pause()
  await sleep(50)
  // The kernel's buffers hold some megabytes; the rest stays with the upstream.
  assert(accepted < 32 * 1024 * 1024, `${accepted} bytes were accepted without being read`)
  sent.stream?.resume()
  await sent.done
  assert.equal(sent.bytes, 64 * 1024 * 1024)
})

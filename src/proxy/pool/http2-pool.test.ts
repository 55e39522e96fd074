import assert from 'node:assert/strict'
import * as http2 from 'node:http2'
import * as net from 'node:net'
import { type TestContext, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { CircuitBreakers } from '../../xds/gen/envoy/config/cluster/v3/circuit_breaker.ts'
import {
  clusterSet,
  eventually,
  listen,
  OK,
  protocolOptions,
  rawServer,
  type Sent,
  send,
  staticCluster,
} from '../cluster/cluster-set.testing.ts'

const typedExtensionProtocolOptions = protocolOptions('http2')

async function server(
  t: TestContext,
  onStream: (stream: http2.ServerHttp2Stream, path: string) => void = stream => answer(stream),
  settings: http2.Settings = {},
) {
  const sessions: http2.ServerHttp2Session[] = []
  const upstream = http2.createServer({ settings })
  upstream.on('session', session => sessions.push(session))
  upstream.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    onStream(stream, headers[':path'] ?? '')
  })
  return { port: await listen(t, upstream), sessions }
}

function answer(stream: http2.ServerHttp2Stream): void {
  if (stream.destroyed) return
  stream.respond({ ':status': 200 })
  stream.end('ok')
}

test('many requests share one connection, also those that waited for it', async t => {
  const { port, sessions } = await server(t)
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port], { typedExtensionProtocolOptions }))
  const early = Array.from({ length: 20 }, () => send(set.get('shop')))
  await Promise.all(early.map(sent => sent.done))
  const late = Array.from({ length: 20 }, () => send(set.get('shop')))
  await Promise.all(late.map(sent => sent.done))
  for (const sent of [...early, ...late]) assert.equal(sent.body, 'ok')
  assert.equal(sessions.length, 1)
  const { stats } = set.records[0] ?? assert.fail()
  assert.deepEqual([stats.upstream_cx_http2_total, stats.upstream_rq_total, stats.upstream_rq_active], [1, 40, 0])
})

test('another connection is made only when the peer takes no more streams', async t => {
  const held: http2.ServerHttp2Stream[] = []
  const { port, sessions } = await server(t, stream => void held.push(stream), { maxConcurrentStreams: 2 })
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port], { typedExtensionProtocolOptions }))
  const sent = Array.from({ length: 5 }, () => send(set.get('shop')))
  await eventually(t, () => held.length === 5)
  assert.equal(sessions.length, 3)
  for (const stream of held) answer(stream)
  await Promise.all(sent.map(one => one.done))
  for (const one of sent) assert.equal(one.status, 200)
})

test('max_requests is what limits HTTP/2', async t => {
  const held: http2.ServerHttp2Stream[] = []
  const { port } = await server(t, stream => void held.push(stream))
  const set = clusterSet(t)
  const circuitBreakers = CircuitBreakers.fromPartial({ thresholds: [{ maxRequests: 2 }] })
  set.put(staticCluster('shop', [port], { typedExtensionProtocolOptions, circuitBreakers }))
  const sent = Array.from({ length: 3 }, () => send(set.get('shop')))
  await Promise.race(sent.map(one => one.done))
  assert.deepEqual(
    sent.map(one => one.reset),
    [undefined, undefined, 'overflow'],
  )
})

test('GOAWAY under load loses no request: those it covers finish, the others are safe to send again', async t => {
  const { port, sessions } = await server(t)
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port], { typedExtensionProtocolOptions }))
  let served = 0
  let refused = 0
  const worker = async () => {
    for (let i = 0; i < 100; i++) {
      let sent: Sent
      do {
        sent = send(set.get('shop'))
        await sent.done
        if (sent.reset === 'refused-stream') refused++
      } while (sent.reset === 'refused-stream')
      assert.equal(sent.reset, undefined)
      assert.equal(sent.body, 'ok')
      // Every hundredth response, the server lets its connections go.
      if (++served % 100 === 0) for (const session of sessions.splice(0)) session.close()
    }
  }
  await Promise.all(Array.from({ length: 20 }, worker))
  assert.equal(served, 2000)
  const { stats } = set.records[0] ?? assert.fail()
  assert(stats.upstream_cx_total > 10, `${stats.upstream_cx_total} connections`)
  assert.equal(stats.upstream_rq_total, 2000 + refused)
  assert.equal(stats.upstream_rq_active, 0)
})

test('a peer that does not speak HTTP/2 is a failure to connect', async t => {
  const port = await rawServer(t, socket => socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'))
  const set = clusterSet(t)
  set.put(staticCluster('shop', [port], { typedExtensionProtocolOptions }))
  const sent = send(set.get('shop'))
  await sent.done
  assert.equal(sent.reset, 'connect-failure')
  assert.equal(set.records[0]?.stats.upstream_cx_active, 0)
})

test('a peer that says nothing is a connect timeout', async t => {
  const accepted = Promise.withResolvers<void>()
  const port = await listen(
    t,
    net.createServer(socket => {
      socket.resume()
      accepted.resolve()
    }),
  )
  const clock = new ManualClock()
  const set = clusterSet(t, { clock })
  set.put(staticCluster('shop', [port], { typedExtensionProtocolOptions }))
  const sent = send(set.get('shop'))
  await accepted.promise
  await new Promise(resolve => setImmediate(resolve))
  clock.advance(5000)
  await sent.done
  assert.equal(sent.reset, 'connect-timeout')
  const { stats } = set.records[0] ?? assert.fail()
  assert.deepEqual([stats.upstream_cx_active, stats.upstream_cx_connect_fail], [0, 1])
})

test('an idle connection closes after the idle timeout, a busy one does not', async t => {
  const held: http2.ServerHttp2Stream[] = []
  const { port, sessions } = await server(t, (stream, path) => (path === '/held' ? void held.push(stream) : answer(stream)))
  const clock = new ManualClock()
  const set = clusterSet(t, { clock })
  const options = protocolOptions('http2', { idleTimeout: { seconds: 10, nanos: 0 } })
  set.put(staticCluster('shop', [port], { typedExtensionProtocolOptions: options }))
  await send(set.get('shop')).done
  const busy = send(set.get('shop'), '/held')
  await eventually(t, () => held.length > 0)
  clock.advance(20_000)
  const { stats } = set.records[0] ?? assert.fail()
  assert.equal(stats.upstream_cx_idle_timeout, 0)
  held.map(answer)
  await busy.done
  await eventually(t, () => clock.waiting > 0)
  clock.advance(10_000)
  assert.equal(stats.upstream_cx_idle_timeout, 1)
  await eventually(t, () => sessions[0]?.destroyed === true && stats.upstream_cx_active === 0)
})

test('use_downstream_protocol speaks as the request came', async t => {
  const protocols: string[] = []
  const old = await rawServer(t, socket => {
    protocols.push('1')
    socket.write(OK)
  })
  const { port } = await server(t, stream => {
    protocols.push('2')
    answer(stream)
  })
  const set = clusterSet(t)
  set.put(staticCluster('old', [old], { typedExtensionProtocolOptions: protocolOptions('downstream') }))
  set.put(staticCluster('new', [port], { typedExtensionProtocolOptions: protocolOptions('downstream') }))
  await send(set.get('old'), '/', { protocol: 'HTTP/1.1' }).done
  await send(set.get('old'), '/', { protocol: 'HTTP/1.0' }).done
  const sent = send(set.get('new'), '/', { protocol: 'HTTP/2' })
  await sent.done
  assert.equal(sent.status, 200)
  assert.deepEqual(protocols, ['1', '1', '2'])
})

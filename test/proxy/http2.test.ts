/**
 * HTTP/2 and gRPC on the client's side: prior knowledge on the same port as HTTP/1.1, trailers, local replies, resets; mizzen and Envoy alike.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { after, before, describe, it } from 'node:test'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, HTTP2_UPSTREAM, listener } from './bootstrap.ts'
import { type Engine, freePorts, startEngine } from './engine.ts'
import { exchange, request } from './exchange.ts'

interface Answer {
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders | undefined
  readonly body: string
}

async function call(
  session: ClientHttp2Session,
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const stream = session.request({ ':method': 'POST', ':path': path, ':authority': 'shop.test', ...headers })
  stream.end(body)
  let received = ''
  let trailers: IncomingHttpHeaders | undefined
  stream.on('data', chunk => {
    received += chunk
  })
  stream.on('trailers', found => {
    trailers = found
  })
  const [answer] = await once(stream, 'response')
  if (!stream.closed) await once(stream, 'close')
  return { headers: answer, trailers, body: received }
}

/** Of Envoy's statistics of the codec. */
const COUNTED = [
  'goaway_sent',
  'header_overflow',
  'inbound_empty_frames_flood',
  'inbound_priority_frames_flood',
  'inbound_window_update_frames_flood',
  'keepalive_timeout',
  'outbound_control_flood',
  'outbound_flood',
  'rx_messaging_error',
  'rx_reset',
  'stream_refused_errors',
  'streams_active',
  'trailers',
  'tx_flush_timeout',
  'tx_reset',
]

for (const name of ['mizzen', 'envoy'] as const) {
  const missing = name === 'envoy' && !envoyBinary() ? ENVOY_MISSING : false
  describe(`HTTP/2 through ${name}`, { skip: missing }, () => {
    const running = new AsyncDisposableStack()
    let backend: Backend
    let engine: Engine
    let session: ClientHttp2Session
    before(async () => {
      backend = running.use(await startBackend())
      const [dead = 0] = await freePorts(1)
      const manager = connectionManager([
        { match: { prefix: '/grpc.' }, route: { cluster: 'grpc' } },
        { match: { prefix: '/dead' }, route: { cluster: 'dead' } },
        { match: { prefix: '/hang' }, route: { cluster: 'web', timeout: '0.1s' } },
        { match: { prefix: '/' }, route: { cluster: 'web' } },
      ])
      engine = running.use(
        await startEngine(name, 1, ([port = 0], admin) =>
          bootstrap(
            admin,
            [listener('main', port, manager)],
            [cluster('web', [backend.http]), cluster('grpc', [backend.http2], HTTP2_UPSTREAM), cluster('dead', [dead])],
          ),
        ),
      )
      session = connect(`http://127.0.0.1:${engine.ports[0]}`)
      running.defer(() => session.destroy())
    })
    after(() => running.disposeAsync())

    it('a gRPC call passes with its trailers', async () => {
      const answer = await call(session, '/grpc.Echo/Say', 'hello', { 'content-type': 'application/grpc', te: 'trailers' })
      assert.equal(answer.headers[':status'], 200)
      assert.equal(answer.headers['x-protocol'], 'h2')
      assert.equal(answer.body, 'hello')
      assert.equal(answer.trailers?.['grpc-status'], '0')
      assert.equal(answer.trailers?.['x-tail'], 'yes')
    })

    it('a gRPC error in the head of the response passes', async () => {
      const answer = await call(session, '/grpc.Echo/Fail', 'hello', { 'content-type': 'application/grpc', te: 'trailers' })
      assert.equal(answer.headers['grpc-status'], '5')
      assert.equal(answer.headers['grpc-message'], 'nope')
    })

    it('an unreachable service is UNAVAILABLE for gRPC', async () => {
      const answer = await call(session, '/dead', 'hello', { 'content-type': 'application/grpc' })
      assert.equal(answer.headers[':status'], 200)
      assert.equal(answer.headers['grpc-status'], '14')
    })

    it('a timeout is 504 for others', async () => {
      const answer = await call(session, '/hang', '')
      assert.equal(answer.headers[':status'], 504)
      assert.equal(answer.body, 'upstream request timeout')
    })

    it('many calls share the connection, towards HTTP/1.1 too', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => call(session, '/echo', `body ${i}`)))
      for (const [i, answer] of answers.entries()) assert.equal(JSON.parse(answer.body).body, `body ${i}`)
    })

    it('a cancelled call leaves the connection usable', async () => {
      const stream = session.request({ ':method': 'GET', ':path': '/slow/500', ':authority': 'shop.test' })
      stream.on('error', () => {})
      stream.close(8)
      const answer = await call(session, '/echo', 'after')
      assert.equal(JSON.parse(answer.body).body, 'after')
    })

    it('HTTP/1.1 is understood on the same port', async () => {
      assert.equal((await exchange(engine.ports[0] ?? 0, request('GET', '/echo'))).status, 200)
    })

    it('counts frames under http2, for clients and for clusters', async () => {
      const broken = connect(`http://127.0.0.1:${engine.ports[0]}`)
      broken.on('error', () => {})
      const large = 'x'.repeat(31_000)
      const tooLarge = broken.request({ ':path': '/echo', 'x-one': large, 'x-two': large })
      tooLarge.on('error', () => {})
      await new Promise(resolve => tooLarge.once('close', resolve))
      broken.destroy()
      const page = await (await fetch(`http://127.0.0.1:${engine.admin}/stats?filter=http2`)).text()
      const counted = new Map(page.split('\n').map(line => [line.split(': ')[0] ?? '', Number(line.split(': ')[1])]))
      assert.equal(counted.get('http2.rx_reset'), 1)
      // Envoy answers a head of this size, and counts it where it is larger still.
      if (name === 'mizzen') assert.equal(counted.get('http2.header_overflow'), 1)
      assert.equal(counted.get('http2.streams_active'), 0)
      for (const side of ['http2', 'cluster.grpc.http2'])
        for (const field of COUNTED) assert(counted.has(`${side}.${field}`), `${side}.${field}`)
    })

    if (name === 'mizzen') it('no error was written', () => assert.equal(engine.errors(), ''))
  })
}

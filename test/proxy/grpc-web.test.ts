/**
 * gRPC-Web as browsers send it, binary and text, over HTTP/1.1: mizzen and Envoy give the same frames, and what is no gRPC becomes a status
 * that the browser's library can read.
 */
import assert from 'node:assert/strict'
import http, { type IncomingHttpHeaders } from 'node:http'
import http2 from 'node:http2'
import { after, before, describe, it } from 'node:test'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { listen } from './backend.ts'
import { bootstrap, cluster, connectionManager, HTTP2_UPSTREAM, listener } from './bootstrap.ts'
import { type Engine, startEngine } from './engine.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

interface Frame {
  readonly flag: number
  readonly text: string
}

function frame(text: string): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(text.length, 1)
  return Buffer.concat([head, Buffer.from(text)])
}

function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1)
    frames.push({ flag: bytes[at] ?? 0, text: bytes.subarray(at + 5, at + 5 + length).toString() })
    at += 5 + length
  }
  return frames
}

/** Padding may stand wherever a piece of it ended. */
function fromText(body: Buffer): Buffer {
  return Buffer.concat((body.toString().match(/[^=]+={0,2}/g) ?? []).map(run => Buffer.from(run, 'base64')))
}

/** Sends each message back twice; x-answer asks for something else. */
function startGrpc(): http2.Http2Server {
  const server = http2.createServer()
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      if (stream.destroyed) return
      const type = headers['content-type']
      if (headers['x-answer'] === 'trailers-only') {
        stream.respond(
          { ':status': 200, 'content-type': type, 'grpc-status': '5', 'grpc-message': 'not%20here' },
          { endStream: true },
        )
        return
      }
      if (headers['x-answer'] === 'html') {
        stream.respond({ ':status': 502, 'content-type': 'text/html' })
        stream.end('<h1>50%</h1>')
        return
      }
      stream.respond({ ':status': 200, 'content-type': type }, { waitForTrailers: true })
      stream.on('wantTrailers', () => {
        if (!stream.destroyed) stream.sendTrailers({ 'grpc-status': '0', 'x-seen': `${type} ${headers['te']}` })
      })
      const body = Buffer.concat(chunks)
      stream.write(body)
      stream.end(body)
    })
  })
  return server
}

for (const name of ['mizzen', 'envoy'] as const) {
  describe(`gRPC-Web through ${name}`, { skip: name === 'envoy' && !envoyBinary() ? ENVOY_MISSING : false }, () => {
    const running = new AsyncDisposableStack()
    let engine: Engine

    before(async () => {
      const server = startGrpc()
      const upstream = await listen(server)
      running.defer(() => void server.close())
      const routes = [
        { match: { prefix: '/nowhere' }, directResponse: { status: 503 } },
        { match: { prefix: '/' }, route: { cluster: 'grpc' } },
      ]
      const manager = connectionManager(routes, {
        httpFilters: [
          { name: 'web', typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb' } },
          { name: 'router', typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' } },
        ],
      })
      engine = running.use(
        await startEngine(name, 1, ([port = 0], admin) =>
          bootstrap(admin, [listener('main', port, manager)], [cluster('grpc', [upstream], HTTP2_UPSTREAM)]),
        ),
      )
    })
    after(() => running.disposeAsync())

    const call = (path: string, body: Uint8Array | string, headers: Record<string, string>): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const options = { port: engine.ports[0], host: '127.0.0.1', method: 'POST', path, headers }
        const request = http.request(options, response => {
          const chunks: Buffer[] = []
          response.on('data', chunk => chunks.push(chunk))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
          )
        })
        request.on('error', reject)
        request.end(body)
      })

    it('binary: messages pass, and trailers are the last frame', async () => {
      const { status, headers, body } = await call('/echo', frame('hello'), { 'content-type': 'application/grpc-web+proto' })
      assert.deepEqual([status, headers['content-type']], [200, 'application/grpc-web+proto'])
      const [first, second, trailers] = framesOf(body)
      assert.deepEqual([first, second], [frameOf('hello'), frameOf('hello')])
      assert.equal(trailers?.flag, 0x80)
      const lines = trailers.text.split('\r\n').sort()
      assert.deepEqual(lines, ['', 'grpc-status:0', 'x-seen:application/grpc trailers'])
    })

    it('text: base64 both ways, padded wherever a piece ends', async () => {
      const text = [frame('a'), frame('gRPC')].map(bytes => bytes.toString('base64')).join('')
      const type = 'application/grpc-web-text'
      const { status, headers, body } = await call('/echo', text, { 'content-type': type, accept: type })
      assert.deepEqual([status, headers['content-type']], [200, 'application/grpc-web-text+proto'])
      const frames = framesOf(fromText(body))
      assert.deepEqual(
        frames.map(({ flag, text }) => (flag === 0 ? text : 'trailers')),
        ['a', 'gRPC', 'a', 'gRPC', 'trailers'],
      )
    })

    it('an answer of trailers alone has them in its head', async () => {
      const { status, headers, body } = await call('/echo', frame('x'), {
        'content-type': 'application/grpc-web',
        'x-answer': 'trailers-only',
      })
      assert.deepEqual([status, headers['grpc-status'], headers['grpc-message']], [200, '5', 'not%20here'])
      assert.deepEqual([headers['content-type'], body.length], ['application/grpc-web+proto', 0])
    })

    it("the proxy's own answer is a gRPC status", async () => {
      const { headers, body } = await call('/nowhere', frame('x'), { 'content-type': 'application/grpc-web' })
      assert.equal(headers['content-type'], 'application/grpc-web+proto')
      assert.equal(body.length, 0)
      // Envoy looks at the request as it came: a bare 503, whose status the browser's library has to guess.
      if (name === 'mizzen') assert.equal(headers['grpc-status'], '14')
    })

    it('what is no gRPC becomes a status and a message', async () => {
      const { headers, body } = await call('/echo', frame('x'), { 'content-type': 'application/grpc-web', 'x-answer': 'html' })
      assert.deepEqual([headers['grpc-status'], headers['grpc-message']], ['14', '<h1>50%25</h1>'])
      assert.equal(body.length, 0)
    })

    it('text that is no base64 is refused', async () => {
      const { status } = await call('/echo', '????', { 'content-type': 'application/grpc-web-text' })
      assert(status === 400 || status === 200, 'as HTTP, or as a status of gRPC')
    })

    it('plain gRPC and plain HTTP are left alone', async () => {
      const { headers } = await call('/echo', 'x', { 'content-type': 'text/plain' })
      assert.equal(headers['content-type'], 'text/plain')
    })
  })
}

function frameOf(text: string): Frame {
  return { flag: 0, text }
}

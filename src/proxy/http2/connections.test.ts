import assert from 'node:assert/strict'
import { once } from 'node:events'
import * as http2 from 'node:http2'
import * as net from 'node:net'
import { type TestContext, test } from 'node:test'
import { HeaderList } from '../http/headers.ts'
import type {
  ClientConnection,
  ClientConnectionOwner,
  RequestHead,
  ResetReason,
  ServerStream,
  StreamHandler,
} from '../http/stream.ts'
import { ResponseRecorder } from '../pool/response-recorder.testing.ts'
import { clientConnection, connected, serverConnection } from './connections.testing.ts'
import type { Http2ServerConnection } from './server-connection.ts'

/** What a request handler of the tests is given, and may replace. */
class RequestRecorder implements StreamHandler {
  readonly stream: ServerStream
  readonly head: RequestHead
  last: boolean
  body = ''
  bytes = 0
  trailers: string | undefined
  reset: ResetReason | undefined
  onChange: (() => void) | undefined

  constructor(stream: ServerStream, head: RequestHead, last: boolean) {
    this.stream = stream
    this.head = head
    this.last = last
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => (this.onChange = resolve))
  }

  onData(chunk: Buffer, last: boolean): void {
    if (this.bytes < 1000) this.body += chunk.toString()
    this.bytes += chunk.length
    this.last ||= last
    this.onChange?.()
  }

  onTrailers(trailers: HeaderList): void {
    trailers.forEach((name, value) => {
      this.trailers = `${name}: ${value}`
    })
    this.last = true
    this.onChange?.()
  }

  onReset(reason: ResetReason): void {
    this.reset = reason
    this.onChange?.()
  }

  onWritable(): void {
    this.onChange?.()
  }
}

class Owner implements ClientConnectionOwner {
  readonly ready = Promise.withResolvers<void>()
  readonly drained = Promise.withResolvers<void>()
  readonly closed = Promise.withResolvers<void>()
  onCapacity(): void {
    this.ready.resolve()
  }
  onDraining(): void {
    this.drained.resolve()
  }
  onClosed(): void {
    this.closed.resolve()
  }
}

function request(path: string, more: Partial<RequestHead> = {}): RequestHead {
  return {
    protocol: 'HTTP/2',
    method: 'GET',
    scheme: 'http',
    authority: 'shop',
    path,
    headers: new HeaderList(),
    upgrade: undefined,
    ...more,
  }
}

/** A listener of ours: every accepted socket becomes an Http2ServerConnection. */
async function serve(t: TestContext, onRequest: (request: RequestRecorder) => void, allowConnect = false) {
  const connections: Http2ServerConnection[] = []
  const closed: Promise<void>[] = []
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, socket => {
    closed.push(
      new Promise(resolve => {
        connections.push(
          serverConnection(
            socket,
            {
              onRequest(stream, head, last) {
                const recorder = new RequestRecorder(stream, head, last)
                setImmediate(onRequest, recorder)
                return recorder
              },
              onClosed: resolve,
            },
            { allowConnect },
          ),
        )
      }),
    )
  })
  t.after(() => {
    for (const connection of connections) connection.destroy()
    server.close()
  })
  return { port: await listen(server), connections, closed }
}

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert(address && typeof address === 'object')
  return address.port
}

async function open(t: TestContext, port: number): Promise<{ connection: ClientConnection; owner: Owner }> {
  const owner = new Owner()
  const connection = clientConnection(await connected({ port, host: '127.0.0.1' }), owner)
  t.after(() => connection.destroy())
  await owner.ready.promise
  return { connection, owner }
}

/** A server of node:http2 with the raw session in reach. */
async function rawServer(
  t: TestContext,
  onStream: (stream: http2.ServerHttp2Stream, path: string) => void,
  settings: http2.Settings = {},
) {
  const sessions: http2.ServerHttp2Session[] = []
  const server = http2.createServer({ settings })
  server.on('session', session => sessions.push(session))
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    onStream(stream, headers[':path'] ?? '')
  })
  t.after(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { port: await listen(server), sessions }
}

test('a request and its response cross with bodies, trailers, cookies and repeated fields', async t => {
  const { port } = await serve(t, async seen => {
    await seen.until(() => seen.last)
    assert.equal(seen.head.method, 'POST')
    assert.equal(seen.head.authority, 'shop')
    assert.equal(seen.head.path, '/pay?x=1')
    assert.equal(seen.head.headers.get('cookie'), 'a=1; b=2')
    assert.equal(seen.head.headers.get('x-many'), '1,2')
    assert.equal(seen.body, 'ping')
    assert.equal(seen.trailers, 'x-sum: 7')
    const headers = new HeaderList(['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-empty', ''])
    seen.stream.respondInformational({ status: 103, headers: new HeaderList(['link', '</a>']) })
    seen.stream.respond({ status: 201, headers }, false)
    seen.stream.write(Buffer.from('po'), false)
    seen.stream.write(Buffer.from('ng'), false)
    seen.stream.writeTrailers(new HeaderList(['grpc-status', '0']))
  })
  const { connection } = await open(t, port)
  const headers = new HeaderList(['cookie', 'a=1', 'cookie', 'b=2', 'x-many', '1', 'x-many', '2'])
  const response = new ResponseRecorder()
  const stream = connection.open(request('/pay?x=1', { method: 'POST', headers }), false, response)
  stream.write(Buffer.from('ping'), false)
  stream.writeTrailers(new HeaderList(['x-sum', '7']))
  await response.done
  assert.deepEqual(response.informational, [103])
  assert.equal(response.status, 201)
  const fields: string[] = []
  response.head?.headers.forEach((name, value) => {
    fields.push(`${name}=${value}`)
  })
  assert.deepEqual(fields, ['set-cookie=a=1', 'set-cookie=b=2', 'x-empty='])
  assert.equal(response.body, 'pong')
  assert.equal(response.trailers?.get('grpc-status'), '0')
  assert.equal(response.reset, undefined)
})

test('onResponse() has `last` when there is no body, and capacity comes back', async t => {
  const { port } = await serve(t, seen => {
    assert.equal(seen.last, true)
    seen.stream.respond({ status: 204, headers: new HeaderList() }, true)
  })
  const { connection } = await open(t, port)
  const response = new ResponseRecorder()
  connection.open(request('/'), true, response)
  assert.equal(connection.active, 1)
  await response.done
  assert.equal(response.status, 204)
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(connection.active, 0)
})

test('onReset() tells refusal, reset by the peer and the loss of the connection apart', async t => {
  const { port } = await rawServer(t, (stream, path) => {
    if (path === '/refused') stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
    if (path === '/reset') stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM)
    if (path === '/cut') {
      stream.respond({ ':status': 200 })
      stream.write('begin', () => stream.session?.socket.destroy())
    }
  })
  const { connection, owner } = await open(t, port)
  for (const [path, reason] of [
    ['/refused', 'refused-stream'],
    ['/reset', 'remote-reset'],
    ['/cut', 'connection-closed'],
  ]) {
    const response = new ResponseRecorder()
    connection.open(request(path ?? ''), true, response)
    await response.done
    assert.equal(response.reset, reason)
    assert.equal(response.ended, false)
  }
  await owner.closed.promise
  assert.equal(connection.capacity, 0)
})

test('reset() of a response under way never looks like its end to the client', async t => {
  const { port } = await serve(t, seen => {
    seen.stream.respond({ status: 200, headers: new HeaderList() }, false)
    seen.stream.write(Buffer.from('begin'), false)
    setImmediate(() => seen.stream.reset('remote-reset'))
  })
  const client = http2.connect(`http://127.0.0.1:${port}`)
  t.after(() => client.destroy())
  const stream = client.request({ ':path': '/' })
  stream.resume()
  const [error] = await once(stream, 'error')
  assert.match(String(error), /INTERNAL_ERROR/)
})

test('the server hears of the client going away', async t => {
  const heard = Promise.withResolvers<ResetReason | undefined>()
  const { port } = await serve(t, async seen => {
    await seen.until(() => seen.reset !== undefined)
    heard.resolve(seen.reset)
  })
  const { connection } = await open(t, port)
  const response = new ResponseRecorder()
  const stream = connection.open(request('/', { method: 'POST' }), false, response)
  stream.write(Buffer.from('half'), false)
  setImmediate(() => stream.reset('local-reset'))
  assert.equal(await heard.promise, 'remote-reset')
  assert.equal(response.reset, undefined)
})

test('open() never goes over the limit of the peer', async t => {
  const { port } = await rawServer(t, stream => void stream, { maxConcurrentStreams: 3 })
  const { connection } = await open(t, port)
  assert.equal(connection.capacity, 3)
  for (let i = 0; i < 3; i++) connection.open(request('/'), true, new ResponseRecorder())
  assert.equal(connection.capacity, 0)
})

test('GOAWAY finishes what it covers and refuses the rest', async t => {
  const waiting: http2.ServerHttp2Stream[] = []
  const { port } = await rawServer(t, (stream, path) => {
    if (path === '/first') {
      waiting.push(stream)
      stream.respond({ ':status': 200 })
    } else stream.session?.goaway(0, 1)
  })
  const { connection, owner } = await open(t, port)
  const first = new ResponseRecorder()
  connection.open(request('/first'), true, first)
  const second = new ResponseRecorder()
  connection.open(request('/second'), true, second)
  await second.done
  assert.equal(second.reset, 'refused-stream')
  await owner.drained.promise
  assert.equal(connection.capacity, 0)
  waiting[0]?.end('whole')
  await first.done
  assert.equal(first.body, 'whole')
  assert.equal(first.reset, undefined)
  await owner.closed.promise
})

test('drain() of a server serves requests that are already on their way, then closes', async t => {
  const held: RequestRecorder[] = []
  const { port, connections, closed } = await serve(t, seen => {
    if (seen.head.path === '/held') held.push(seen)
    else seen.stream.respond({ status: 200, headers: new HeaderList() }, true)
  })
  const { connection, owner } = await open(t, port)
  const first = new ResponseRecorder()
  connection.open(request('/held'), true, first)
  const probe = new ResponseRecorder()
  connection.open(request('/'), true, probe)
  await probe.done
  const crossing = new ResponseRecorder()
  connection.open(request('/'), true, crossing)
  // Now the request is in the kernel, and the server has not read it yet.
  await new Promise(resolve => setImmediate(resolve))
  connections[0]?.drain()
  await crossing.done
  assert.equal(crossing.reset, undefined)
  assert.equal(crossing.status, 200)
  await owner.drained.promise
  held[0]?.stream.respond({ status: 200, headers: new HeaderList() }, true)
  await first.done
  assert.equal(first.status, 200)
  await owner.closed.promise
  await closed[0]
})

test('drain() of a client lets streams end and then closes', async t => {
  const { port, closed } = await serve(t, seen => {
    seen.stream.respond({ status: 200, headers: new HeaderList() }, false)
    setImmediate(() => seen.stream.write(Buffer.from('late'), true))
  })
  const { connection, owner } = await open(t, port)
  const response = new ResponseRecorder()
  connection.open(request('/'), true, response)
  connection.drain()
  assert.equal(connection.capacity, 0)
  await response.done
  assert.equal(response.body, 'late')
  await owner.closed.promise
  await closed[0]
})

test('CONNECT becomes a tunnel, each half closing on its own', async t => {
  const { port } = await serve(t, async seen => {
    assert.equal(seen.head.method, 'CONNECT')
    assert.equal(seen.head.authority, 'cache:6379')
    assert.equal(seen.head.upgrade, undefined)
    seen.stream.respond({ status: 200, headers: new HeaderList() }, false)
    await seen.until(() => seen.last)
    seen.stream.write(Buffer.from(`echo ${seen.body}`), true)
  })
  const { connection } = await open(t, port)
  const response = new ResponseRecorder()
  const stream = connection.open(request('', { method: 'CONNECT', authority: 'cache:6379' }), false, response)
  await response.started
  assert.equal(response.status, 200)
  stream.write(Buffer.from('hello'), true)
  await response.done
  assert.equal(response.body, 'echo hello')
})

test('WebSocket looks like HTTP/1.1 on both sides of extended CONNECT', async t => {
  const { port } = await serve(
    t,
    async seen => {
      assert.equal(seen.head.method, 'GET')
      assert.equal(seen.head.upgrade, 'websocket')
      assert.equal(seen.head.path, '/chat')
      assert.equal(Buffer.from(seen.head.headers.get('sec-websocket-key') ?? '', 'base64').length, 16)
      const headers = new HeaderList(['sec-websocket-accept', 'of the made-up key', 'sec-websocket-protocol', 'chat'])
      seen.stream.respond({ status: 101, headers }, false)
      await seen.until(() => seen.body === 'frame')
      seen.stream.write(Buffer.from('answer'), true)
    },
    true,
  )
  const { connection } = await open(t, port)
  const response = new ResponseRecorder()
  // The key and the proof of RFC 6455 section 1.3.
  const headers = new HeaderList(['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version', '13'])
  const stream = connection.open(request('/chat', { upgrade: 'websocket', headers }), false, response)
  await response.started
  assert.equal(response.status, 101)
  assert.equal(response.head?.headers.get('sec-websocket-accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
  assert.equal(response.head?.headers.get('sec-websocket-protocol'), 'chat')
  stream.write(Buffer.from('frame'), false)
  await response.done
  assert.equal(response.body, 'answer')
})

test('pause() holds the peer back, so that memory stays bounded', async t => {
  const chunk = Buffer.alloc(64 * 1024)
  let sent = 0
  const stopped = Promise.withResolvers<void>()
  const { port } = await serve(t, async seen => {
    seen.stream.respond({ status: 200, headers: new HeaderList() }, false)
    for (let i = 0; i < 1000; i++) {
      sent += chunk.length
      if (seen.stream.write(chunk, i === 999)) continue
      if (sent > 512 * 1024) stopped.resolve()
      let writable = false
      seen.onWritable = () => {
        writable = true
        seen.onChange?.()
      }
      await seen.until(() => writable)
    }
  })
  const { connection } = await open(t, port)
  const response = new ResponseRecorder()
  const stream = connection.open(request('/big'), true, response)
  await response.started
  stream.pause()
  // Window, write buffers of both ends and the kernel's: no more than this is under way however long we wait.
  await new Promise(resolve => setTimeout(resolve, 50))
  assert(sent < 8 * 1024 * 1024, `${sent} bytes were accepted without being read`)
  stream.resume()
  await stopped.promise
  await response.done
  assert.equal(response.bytes, 1000 * chunk.length)
})

test('bytes that a protocol detector looked at are served when they were given back', async t => {
  const answered = Promise.withResolvers<string>()
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    socket.once('data', bytes => {
      socket.pause()
      socket.unshift(bytes)
      const connection = serverConnection(socket, {
        onRequest(stream, head, last) {
          answered.resolve(head.path)
          stream.respond({ status: 200, headers: new HeaderList() }, true)
          return new RequestRecorder(stream, head, last)
        },
      })
      t.after(() => connection.destroy())
    })
  })
  t.after(() => server.close())
  const { connection } = await open(t, await listen(server))
  const response = new ResponseRecorder()
  connection.open(request('/peeked'), true, response)
  await response.done
  assert.equal(response.status, 200)
  assert.equal(await answered.promise, '/peeked')
})

test('a peer that does not speak HTTP/2 never gets capacity, and the owner hears the end', async t => {
  const server = net.createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  t.after(() => server.close())
  const owner = new Owner()
  const connection = clientConnection(await connected({ port: await listen(server), host: '127.0.0.1' }), owner)
  await owner.closed.promise
  assert.equal(connection.capacity, 0)
})

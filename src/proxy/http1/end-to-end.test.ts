/** Server and client connection together, over real sockets: client - relay - backend. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  Agent,
  type ClientRequest,
  createServer as createHttpServer,
  get as httpGet,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { HIGH_WATER_MARK } from '../net/socket-transport.ts'
import type { Http1ClientConnection } from './client-connection.ts'
import { portOf } from './oracle.testing.ts'
import { createRelay, type RelayOptions } from './relay.testing.ts'
import type { Http1ServerConnection } from './server-connection.ts'

interface Chain {
  readonly port: number
  /** Codes of both sides, and why streams ended early. */
  readonly events: string[]
  readonly connections: Http1ServerConnection[]
  readonly upstreams: Http1ClientConnection[]
}

async function listen(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}

/** Runs a relay in front of the backend, and ends both with all their connections. */
async function withRelay(
  backend: Server,
  use: (chain: Chain) => Promise<void>,
  options: Partial<RelayOptions> = {},
): Promise<void> {
  const sockets = new Set<Socket>()
  backend.on('connection', (socket: Socket) => sockets.add(socket))
  await listen(backend)
  const events: string[] = []
  const connections: Http1ServerConnection[] = []
  const upstreams: Http1ClientConnection[] = []
  const relay = createRelay({
    upstream: { host: '127.0.0.1', port: portOf(backend) },
    onProtocolError: (side, code) => events.push(`${side} ${code}`),
    onReset: reason => events.push(reason),
    onConnection: connection => connections.push(connection),
    onUpstream: connection => upstreams.push(connection),
    ...options,
  })
  await listen(relay)
  try {
    await use({ port: portOf(relay), events, connections, upstreams })
  } finally {
    for (const connection of connections) connection.destroy()
    for (const socket of sockets) socket.destroy()
    relay.close()
    backend.close()
  }
}

/** A client by hand. */
class RawClient {
  readonly socket: Socket
  received = ''
  chunks: string[] = []
  error: Error | undefined
  closed = false
  ended = false
  #wake: () => void = () => {}

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })
    this.socket.on('data', bytes => {
      const text = bytes.toString('latin1')
      this.received += text
      this.chunks.push(text)
      this.#wake()
    })
    this.socket.on('end', () => {
      this.ended = true
      this.#wake()
    })
    this.socket.on('error', error => {
      this.error = error
    })
    this.socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  write(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'))
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }
}

/** A backend that answers each connection's bytes by a script. */
function rawBackend(answer: (socket: Socket, received: string) => void): Server {
  return createServer({ noDelay: true, allowHalfOpen: true }, socket => {
    let received = ''
    socket.on('error', () => {})
    socket.on('end', () => socket.end())
    socket.on('data', bytes => {
      received += bytes.toString('latin1')
      answer(socket, received)
    })
  })
}

/** Tells method, path, body and trailers back. */
function echo(): Server {
  return createHttpServer((request, response) => {
    let body = ''
    request.setEncoding('latin1')
    request.on('data', text => {
      body += text
    })
    request.on('end', () => {
      response.end(JSON.stringify({ method: request.method, url: request.url, body, trailers: request.trailers }))
    })
  })
}

function responseOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = ''
  response.setEncoding('latin1')
  for await (const part of response) text += part
  return text
}

test('requests of one connection share one upstream connection, head and body in one packet each', async () => {
  let upstreams = 0
  const reads: string[] = []
  const backend = rawBackend((socket, received) => {
    reads.push(received.slice(reads.join('').length))
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi')
  })
  backend.on('connection', () => upstreams++)
  await withRelay(backend, async ({ port }) => {
    const client = new RawClient(port)
    for (let i = 1; i <= 3; i++) {
      client.write(`POST /${i} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody`)
      await client.until(() => client.chunks.length === i)
    }
    client.socket.destroy()
    assert.deepEqual(client.chunks, Array(3).fill('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'))
    assert.equal(upstreams, 1)
    // The first waited for its connection.
    assert.equal(reads[2], 'POST /3 HTTP/1.1\r\nhost: a\r\nContent-Length: 4\r\n\r\nbody')
  })
})

test('pipelined requests are answered in order', async () => {
  await withRelay(echo(), async ({ port }) => {
    const client = new RawClient(port)
    const count = 50
    let pipeline = ''
    for (let i = 0; i < count; i++)
      pipeline += `POST /${i} HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(i).length}\r\n\r\n${i}`
    client.write(pipeline)
    client.socket.end()
    await client.until(() => client.ended)
    const urls = [...client.received.matchAll(/"url":"\/(\d+)","body":"(\d+)"/g)].map(match => [
      Number(match[1]),
      Number(match[2]),
    ])
    assert.deepEqual(
      urls,
      Array.from({ length: count }, (_, i) => [i, i]),
    )
    client.socket.destroy()
  })
})

test('chunked bodies and trailers go through in both directions', async () => {
  const backend = createHttpServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(200, { trailer: 'x-down' })
      response.write('part one,')
      response.addTrailers({ 'x-down': String(request.trailers['x-up']) })
      response.end('part two')
    })
  })
  await withRelay(backend, async ({ port }) => {
    const request = httpRequest({ port, method: 'POST', headers: { trailer: 'x-up', 'transfer-encoding': 'chunked' } })
    request.write('one')
    request.addTrailers({ 'x-up': '42' })
    request.end('two')
    const response = await responseOf(request)
    assert.equal(await bodyOf(response), 'part one,part two')
    assert.equal(response.headers['transfer-encoding'], 'chunked')
    assert.equal(response.trailers['x-down'], '42')
  })
})

test('100-continue is asked of the backend and handed back', async () => {
  const backend = createHttpServer((_, response) => response.end('unexpected'))
  backend.on('checkContinue', (request, response) => {
    response.writeContinue()
    request.resume()
    request.on('end', () => response.end('continued'))
  })
  await withRelay(backend, async ({ port }) => {
    const request = httpRequest({ port, method: 'PUT', headers: { expect: '100-continue', 'content-length': 3 } })
    request.flushHeaders()
    await once(request, 'continue')
    request.end('abc')
    const response = await responseOf(request)
    assert.equal(await bodyOf(response), 'continued')
  })
})

test('an upgrade is a tunnel that closes by halves', async () => {
  const backend = createHttpServer()
  backend.on('upgrade', (_, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.on('data', bytes => socket.write(bytes.toString().toUpperCase()))
    socket.on('end', () => socket.end('BYE'))
  })
  await withRelay(backend, async ({ port }) => {
    const client = new RawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    await client.until(() => client.received.includes('\r\n\r\n'))
    assert.match(client.received, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
    client.write('hello ')
    await client.until(() => client.received.includes('HELLO '))
    client.write('there')
    client.socket.end()
    await client.until(() => client.closed)
    assert.match(client.received, /\r\n\r\nHELLO THEREBYE$/)
    assert.equal(client.error, undefined)
  })
})

for (const [name, head] of [
  ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'],
  ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n'],
] as const) {
  test(`a backend that dies within a body (${name}) leaves the client an aborted response, not a complete one`, async () => {
    const backend = rawBackend(socket => {
      socket.write(`${head}half of it`)
      setImmediate(() => socket.resetAndDestroy())
    })
    await withRelay(backend, async ({ port, events }) => {
      const outcome = await new Promise<string>(resolve => {
        httpGet({ port, agent: new Agent() }, response => {
          response.resume()
          response.on('end', () => resolve('complete'))
          response.on('error', error => resolve(`aborted: ${error.message}`))
        }).on('error', error => resolve(`no response: ${error.message}`))
      })
      assert.match(outcome, /^aborted|^no response/)
      assert.deepEqual(events, ['connection-closed'])
    })
  })
}

test('a backend that closes before its response gives 503, and the next request goes to a new connection', async () => {
  let count = 0
  const backend = rawBackend(socket => {
    if (++count === 1) socket.end()
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  })
  await withRelay(backend, async ({ port }) => {
    const client = new RawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(() => client.received.includes('\r\n\r\n'))
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(() => client.received.includes('200 OK'))
    assert.match(client.received, /^HTTP\/1\.1 503 .*HTTP\/1\.1 200 OK/s)
    client.socket.destroy()
  })
})

test('a backend that speaks no HTTP gives 502', async () => {
  const backend = rawBackend(socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
  await withRelay(backend, async ({ port, events }) => {
    const response = await responseOf(httpGet({ port }))
    assert.equal(response.statusCode, 502)
    response.resume()
    assert.deepEqual(events, ['upstream http1.bad_status_line', 'protocol-error'])
  })
})

test('a backend that answers before the end of the body: the client gets the answer', async () => {
  const backend = rawBackend((socket, received) => {
    if (received.includes('\r\n\r\n')) socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch')
  })
  await withRelay(backend, async ({ port }) => {
    const client = new RawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin')
    await client.until(() => client.ended)
    assert.match(client.received, /^HTTP\/1\.1 413 .*\r\n\r\nmuch$/s)
    client.socket.destroy()
  })
})

test('a client that goes away within its body makes the backend see an aborted request', async () => {
  let outcome: (text: string) => void = () => {}
  const aborted = new Promise<string>(resolve => {
    outcome = resolve
  })
  const backend = createHttpServer(request => {
    request.resume()
    request.on('end', () => outcome('complete'))
    request.on('error', () => outcome('aborted'))
  })
  await withRelay(backend, async ({ port }) => {
    const client = new RawClient(port)
    backend.once('request', () => client.socket.resetAndDestroy())
    client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
    assert.equal(await aborted, 'aborted')
  })
})

test('a client that closes its half after the request gets the response', async () => {
  await withRelay(echo(), async ({ port }) => {
    const client = new RawClient(port)
    client.write('GET /half HTTP/1.1\r\nHost: a\r\n\r\n')
    client.socket.end()
    await client.until(() => client.closed)
    assert.match(client.received, /"url":"\/half"/)
    assert.equal(client.error, undefined)
  })
})

test('a client that trickles its head is answered 408', async () => {
  await withRelay(
    echo(),
    async ({ port, events }) => {
      const client = new RawClient(port)
      const trickle = setInterval(() => client.write('x'), 5)
      client.write('GET / HTTP/1.1\r\nX-Slow: ')
      await client.until(() => client.ended)
      clearInterval(trickle)
      assert.match(client.received, /^HTTP\/1\.1 408 Request Timeout\r\n/)
      assert.deepEqual(events, ['downstream http1.head_timeout'])
      client.socket.destroy()
    },
    { headTimeoutMs: 50 },
  )
})

test('a client that is refused reads the refusal although it is still sending', async () => {
  await withRelay(echo(), async ({ port }) => {
    const client = new RawClient(port)
    client.write(`GET / HTTP/1.1\r\nHost: a b\r\n\r\n${'x'.repeat(500_000)}`)
    await client.until(() => client.ended)
    assert.match(client.received, /^HTTP\/1\.1 400 Bad Request\r\n/)
    assert.equal(client.error, undefined)
    client.socket.destroy()
  })
})

const LARGE = 20 * 1024 * 1024
/** What may wait in a transport: its mark, and one read that was under way when it was reached. */
const BOUND = HIGH_WATER_MARK + 128 * 1024

/** The byte that belongs at a position of a large body. */
function patternAt(position: number): number {
  return (position * 31 + (position >>> 8)) & 0xff
}

function patterned(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  for (let i = 0; i < size; i++) bytes[i] = patternAt(i)
  return bytes
}

for (const framing of ['content-length', 'chunked'] as const) {
  test(`a response of 20 MB (${framing}) waits for a slow client without being kept in memory`, async () => {
    const large = patterned(LARGE)
    const backend = createHttpServer((_, response) => {
      if (framing === 'content-length') response.setHeader('content-length', LARGE)
      for (let at = 0; at < LARGE; at += 1024 * 1024) response.write(large.subarray(at, at + 1024 * 1024))
      response.end()
    })
    await withRelay(backend, async ({ port, connections }) => {
      const response = await responseOf(httpGet({ port, agent: new Agent() }))
      const transport = () => connections[0]?.transport.pending ?? 0
      // Nobody reads until the relay has had to stop.
      while (transport() <= HIGH_WATER_MARK) await new Promise(resolve => setImmediate(resolve))
      let most = 0
      let position = 0
      let wrong = 0
      for await (const part of response) {
        assert.ok(part instanceof Buffer)
        for (const byte of part) if (byte !== patternAt(position++)) wrong++
        most = Math.max(most, transport())
      }
      assert.deepEqual([position, wrong], [LARGE, 0])
      assert.ok(most <= BOUND, `${most} bytes waited`)
    })
  })

  test(`a request of 20 MB (${framing}) waits for a slow backend without being kept in memory`, async () => {
    const large = patterned(LARGE)
    let start: () => void = () => {}
    const started = new Promise<void>(resolve => {
      start = resolve
    })
    const backend = createHttpServer((request, response) => {
      let position = 0
      let wrong = 0
      request.on('data', (part: Buffer) => {
        for (const byte of part) if (byte !== patternAt(position++)) wrong++
      })
      request.pause()
      request.on('end', () => response.end(JSON.stringify([position, wrong])))
      void started.then(() => request.resume())
    })
    await withRelay(backend, async ({ port, upstreams }) => {
      const request = httpRequest({
        port,
        method: 'POST',
        agent: new Agent(),
        headers: framing === 'content-length' ? { 'content-length': LARGE } : { 'transfer-encoding': 'chunked' },
      })
      request.end(large)
      // The backend reads only when the relay has had to stop.
      const pending = () => upstreams[0]?.transport.pending ?? 0
      while (pending() <= HIGH_WATER_MARK) await new Promise(resolve => setImmediate(resolve))
      let most = 0
      const watch = setInterval(() => {
        most = Math.max(most, pending())
      }, 1)
      start()
      const response = await responseOf(request)
      clearInterval(watch)
      assert.equal(await bodyOf(response), JSON.stringify([LARGE, 0]))
      assert.ok(most <= BOUND, `${most} bytes waited`)
    })
  })
}

/** Both kinds of transports over real sockets: what one side writes, ends and aborts, the other side hears. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock, test } from 'node:test'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { CA, CERTIFICATE, PRIVATE_KEY } from '../cluster/certificates.testing.ts'
import { ACCEPT_OPTIONS, acceptTransport } from './accept.ts'
import { type ConnectTarget, connectTransport } from './connect.ts'
import { HIGH_WATER_MARK } from './socket-transport.ts'
import type { Transport, TransportHandler } from './transport.ts'

/** Keeps all it hears, and lets a test wait for it. */
class Recorder implements TransportHandler {
  readonly received: Buffer[] = []
  bytes = 0
  ended = false
  writable = 0
  closed = 0
  error: Error | undefined
  #waiting: { condition: () => boolean; resolve: () => void }[] = []

  onBytes(bytes: Buffer): void {
    this.received.push(Buffer.from(bytes))
    this.bytes += bytes.length
    this.#wake()
  }

  onEnd(): void {
    this.ended = true
    this.#wake()
  }

  onWritable(): void {
    this.writable++
    this.#wake()
  }

  onClosed(error: Error | undefined): void {
    this.closed++
    this.error = error
    this.#wake()
  }

  get text(): string {
    return Buffer.concat(this.received).toString('latin1')
  }

  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ condition, resolve }))
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const entry of waiting) {
      if (entry.condition()) entry.resolve()
      else this.#waiting.push(entry)
    }
  }
}

interface Pair {
  client: Transport
  server: Transport
  clientHears: Recorder
  serverHears: Recorder
  serverSocket: Socket
}

function dial(target: ConnectTarget, handler: TransportHandler): Promise<Transport> {
  return new Promise((resolve, reject) => {
    connectTransport(
      target,
      { timeoutMs: 0 },
      {
        onConnected(transport) {
          transport.handler = handler
          resolve(transport)
        },
        onConnectFailed: reject,
      },
    )
  })
}

function portOf(server: Server): number {
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return (address satisfies AddressInfo).port
}

/** Connects two transports and closes what the test leaves open. `over`: TLS, or a unix socket of that path. */
async function withPair(use: (pair: Pair) => Promise<void>, over: { tls?: boolean; path?: string } = {}): Promise<void> {
  const { path } = over
  const options = { ...ACCEPT_OPTIONS, key: PRIVATE_KEY, cert: CERTIFICATE }
  const listener = over.tls === true ? createTlsServer(options) : createServer(ACCEPT_OPTIONS)
  listener.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path })
  await once(listener, 'listening')
  const accepted = new Promise<Socket>(resolve => {
    listener.once(over.tls === true ? 'secureConnection' : 'connection', resolve)
  })
  const clientHears = new Recorder()
  const serverHears = new Recorder()
  const client =
    over.tls === true
      ? await dialTls(portOf(listener), clientHears)
      : await dial(path === undefined ? { host: '127.0.0.1', port: portOf(listener) } : { path }, clientHears)
  const serverSocket = await accepted
  const server = acceptTransport(serverSocket, serverHears)
  try {
    await use({ client, server, clientHears, serverHears, serverSocket })
  } finally {
    client.destroy()
    server.destroy()
    await Promise.all([clientHears.until(() => clientHears.closed > 0), serverHears.until(() => serverHears.closed > 0)])
    listener.close()
  }
}

/** Upstream TLS connections are made elsewhere, and come here as sockets. */
async function dialTls(port: number, handler: TransportHandler): Promise<Transport> {
  const plain = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  const socket = connectTls({ socket: plain, ca: CA, servername: 'cart.example' })
  await once(socket, 'secureConnect')
  return acceptTransport(socket, handler)
}

test('Transport.write() gathers the small writes of one turn into one read of the peer', () =>
  withPair(async p => {
    for (const part of ['GET ', '/ ', 'HTTP/1.1']) p.client.write(Buffer.from(part))
    assert.equal(p.client.pending, 14)
    await p.serverHears.until(() => p.serverHears.bytes === 14)
    assert.deepEqual(p.serverHears.received.map(String), ['GET / HTTP/1.1'])
    assert.equal(p.client.pending, 0)
  }))

test('Transport.write() has copied the bytes when it returns', () =>
  withPair(async p => {
    const bytes = Buffer.from('before')
    p.server.write(bytes)
    bytes.fill('x')
    await p.clientHears.until(() => p.clientHears.bytes === 6)
    assert.equal(p.clientHears.text, 'before')
  }))

for (const tls of [false, true]) {
  const over = tls ? ' over TLS' : ''

  test(`Transport.write() keeps the order of writes of every size${over}`, () =>
    withPair(
      async p => {
        const sizes = [1, 4095, 4096, 4097, 10, 65_536, 65_537, 1, 200_000, 0, 3]
        const sent: Buffer[] = []
        let next = 0
        for (const size of sizes) {
          const part = Buffer.alloc(size)
          for (let i = 0; i < size; i++) part[i] = next++ % 251
          sent.push(part)
          p.client.write(part)
        }
        const all = Buffer.concat(sent)
        await p.serverHears.until(() => p.serverHears.bytes === all.length)
        assert.ok(Buffer.concat(p.serverHears.received).equals(all))
      },
      { tls },
    ))

  test(`Transport.write() returns false above the high-water mark, and onWritable() follows when the peer reads again${over}`, () =>
    withPair(
      async p => {
        p.server.pause()
        const chunk = Buffer.alloc(64 * 1024, 'a')
        let sent = 0
        do sent += chunk.length
        while (p.client.write(chunk))
        assert.ok(
          p.client.pending > HIGH_WATER_MARK && p.client.pending <= HIGH_WATER_MARK + 2 * chunk.length,
          `${p.client.pending} waiting`,
        )
        assert.equal(p.clientHears.writable, 0)
        p.server.resume()
        await p.clientHears.until(() => p.clientHears.writable === 1)
        await p.serverHears.until(() => p.serverHears.bytes === sent)
        assert.equal(p.client.pending, 0)
      },
      { tls },
    ))

  test(`Transport.end() half-closes after what was written, and the other half goes on${over}`, () =>
    withPair(
      async p => {
        p.client.write(Buffer.from('question'))
        p.client.end()
        await p.serverHears.until(() => p.serverHears.ended)
        assert.equal(p.serverHears.text, 'question')
        assert.equal(p.serverHears.closed, 0)
        p.server.write(Buffer.from('answer'))
        p.server.end()
        await p.clientHears.until(() => p.clientHears.closed === 1)
        assert.equal(p.clientHears.text, 'answer')
        assert.equal(p.clientHears.error, undefined)
      },
      { tls },
    ))
}

test('Transport.destroy() with abort makes the peer see a reset, not an end', () =>
  withPair(async p => {
    p.client.write(Buffer.from('x'))
    await p.serverHears.until(() => p.serverHears.bytes === 1)
    p.client.destroy(true)
    await p.serverHears.until(() => p.serverHears.closed === 1)
    assert.equal(p.serverHears.ended, false)
    assert.match(String(p.serverHears.error), /ECONNRESET/)
  }))

test('Transport tells its handler of the end once, and ignores what is written, ended or destroyed afterwards', () =>
  withPair(async p => {
    p.server.destroy()
    await p.clientHears.until(() => p.clientHears.ended)
    p.client.end()
    await p.clientHears.until(() => p.clientHears.closed === 1)
    assert.equal(p.client.write(Buffer.from('late')), true)
    p.client.end()
    p.client.destroy()
    p.client.resume()
    assert.equal(p.client.pending, 0)
    assert.equal(p.clientHears.closed, 1)
  }))

for (const side of ['client', 'server'] as const) {
  test(`Transport.pause() of the ${side} keeps bytes back until resume()`, () =>
    withPair(async p => {
      const other = side === 'client' ? 'server' : 'client'
      const [here, there] = side === 'client' ? [p.clientHears, p.serverHears] : [p.serverHears, p.clientHears]
      p[side].pause()
      p[other].write(Buffer.from('held'))
      p[side].write(Buffer.from('ping'))
      // The bytes that are held back were sent first, so they could have arrived.
      await there.until(() => there.bytes === 4)
      assert.equal(here.bytes, 0)
      p[side].resume()
      await here.until(() => here.bytes === 4)
    }))
}

test('Transport reports errors of the socket through onClosed() only', () =>
  withPair(async p => {
    p.serverSocket.destroy(new Error('wire cut'))
    await p.serverHears.until(() => p.serverHears.closed === 1)
    assert.match(String(p.serverHears.error), /wire cut/)
  }))

test('Transport works over a unix socket, where an abort is a plain close', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'transport-'))
  try {
    await withPair(
      async p => {
        p.client.write(Buffer.from('over unix'))
        await p.serverHears.until(() => p.serverHears.bytes === 9)
        p.server.destroy(true)
        await p.clientHears.until(() => p.clientHears.ended || p.clientHears.closed === 1)
      },
      { path: join(directory, 's') },
    )
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('Transport knows both addresses, also after it is closed', () =>
  withPair(async p => {
    p.client.destroy()
    await p.serverHears.until(() => p.serverHears.ended)
    p.server.destroy()
    await p.serverHears.until(() => p.serverHears.closed === 1)
    assert.equal(p.server.remoteAddress, '127.0.0.1')
    assert.equal(p.server.remotePort, p.client.localPort)
    assert.equal(p.client.remotePort, p.server.localPort)
  }))

test('connectTransport() calls onConnectFailed() when nobody listens', async () => {
  const listener = createServer()
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const port = portOf(listener)
  listener.close()
  await once(listener, 'close')
  await assert.rejects(dial({ host: '127.0.0.1', port }, new Recorder()), /ECONNREFUSED/)
})

test('connectTransport() gives up after timeoutMs, and says so', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const outcome = new Promise<boolean>(resolve => {
      connectTransport(
        // The answer can't have come before the clock is turned below: that happens in the same turn of the event loop.
        { host: '127.0.0.1', port: 9 },
        { timeoutMs: 250 },
        { onConnected: () => resolve(false), onConnectFailed: (_error, timedOut) => resolve(timedOut) },
      )
    })
    mock.timers.tick(250)
    assert.equal(await outcome, true)
  } finally {
    mock.timers.reset()
  }
})

test('ConnectAttempt.cancel() ends the attempt with no call', async () => {
  const listener = createServer()
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  let calls = 0
  const attempt = connectTransport(
    { host: '127.0.0.1', port: portOf(listener) },
    { timeoutMs: 1000 },
    { onConnected: () => calls++, onConnectFailed: () => calls++ },
  )
  attempt.cancel()
  attempt.cancel()
  await dial({ host: '127.0.0.1', port: portOf(listener) }, new Recorder()).then(transport => transport.destroy())
  listener.close()
  await once(listener, 'close')
  assert.equal(calls, 0)
})

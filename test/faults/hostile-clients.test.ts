/** Clients that send what no client should: each is answered or cut off, nothing of it reaches the upstream, and others are served. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Engine } from '../proxy/engine.ts'
import { Wire } from '../proxy/exchange.ts'
import { until } from './control-plane.ts'
import { OK, onHeads, serves, startGood, startProxy, startUpstream, type Upstream } from './one-proxy.ts'

const HOST = 'Host: shop.test\r\n'
const SMUGGLED = 'GET /bad/smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n'

/** What the proxy must refuse with this status, and then close. */
const refused: readonly (readonly [name: string, bytes: string, status: number])[] = [
  [
    'two different Content-Length',
    `POST /bad HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!${SMUGGLED}`,
    400,
  ],
  ['Content-Length as a list', `POST /bad HTTP/1.1\r\n${HOST}Content-Length: 5, 6\r\n\r\nhello!${SMUGGLED}`, 400],
  ['Content-Length with a sign', `POST /bad HTTP/1.1\r\n${HOST}Content-Length: +5\r\n\r\nhello${SMUGGLED}`, 400],
  [
    'Content-Length with Transfer-Encoding',
    `POST /bad HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    400,
  ],
  ['Transfer-Encoding not chunked', `POST /bad HTTP/1.1\r\n${HOST}Transfer-Encoding: identity\r\n\r\n${SMUGGLED}`, 501],
  ['Transfer-Encoding, chunked not last', `POST /bad HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`, 400],
  ['a space before the colon', `POST /bad HTTP/1.1\r\n${HOST}Content-Length : 5\r\n\r\nhello`, 400],
  ['bare line feeds', 'GET /bad HTTP/1.1\nHost: shop.test\n\n', 400],
  ['a bare carriage return', `GET /bad HTTP/1.1\r\n${HOST}X-A: a\rX-B: b\r\n\r\n`, 400],
  ['a folded header', `GET /bad HTTP/1.1\r\n${HOST}X-A: a\r\n b\r\n\r\n`, 400],
  ['NUL in a header', `GET /bad HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n`, 400],
  ['NUL in the target', `GET /bad\0 HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['headers of 200 kB', `GET /bad HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(200_000)}\r\n\r\n`, 431],
  ['a thousand headers', `GET /bad HTTP/1.1\r\n${HOST}${'X-A: a\r\n'.repeat(1000)}\r\n`, 431],
  ['no Host', 'GET /bad HTTP/1.1\r\n\r\n', 400],
  ['HTTP/3.0 by name', `GET /bad HTTP/3.0\r\n${HOST}\r\n`, 505],
]

const badChunks: readonly (readonly [name: string, body: string])[] = [
  ['a chunk size that is no number', 'zz\r\nhello\r\n0\r\n\r\n'],
  ['a negative chunk size', '-5\r\nhello\r\n0\r\n\r\n'],
  ['a chunk size beyond all numbers', 'ffffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
  ['a chunk longer than it says', '3\r\nhello\r\n0\r\n\r\n'],
  ['chunks ended by bare line feeds', '5\nhello\n0\n\n'],
  ['0x before a chunk size', '0x5\r\nhello\r\n0\r\n\r\n'],
]

describe('hostile clients', () => {
  const heads: string[] = []
  /** Upstream connections with a request on them; one without may wait for the next. */
  const busy = new Set<Socket>()
  let upstream: Upstream
  let good: Upstream
  let proxy: Engine
  before(async () => {
    upstream = await startUpstream(socket => {
      onHeads(socket, head => {
        heads.push(head)
        busy.add(socket)
      })
      socket.on('close', () => busy.delete(socket))
    })
    good = await startGood()
    proxy = await startProxy(upstream, good)
  })
  after(async () => {
    for (const part of [proxy, upstream, good]) await part?.[Symbol.asyncDispose]()
  })
  const port = () => proxy.ports[0] ?? 0

  for (const [name, bytes, status] of refused) {
    it(`${name}: ${status}, and the connection is closed`, async () => {
      heads.length = 0
      const wire = new Wire(port())
      wire.send(bytes)
      const answer = await wire.rest()
      wire.close()
      assert.match(answer, new RegExp(`^HTTP/1\\.[01] ${status} `))
      assert.equal(answer.match(/^HTTP\/1/gm)?.length, 1, 'one answer only')
      assert.deepEqual(heads, [], 'nothing reached the upstream')
      assert.ok(await serves(port()))
    })
  }

  for (const [name, body] of badChunks) {
    it(`${name}: the connection ends and the upstream gets no whole message`, async () => {
      heads.length = 0
      const wire = new Wire(port())
      wire.send(`POST /bad HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${body}${SMUGGLED}`)
      await wire.rest()
      wire.close()
      assert.ok(!heads.some(head => head.includes('smuggled')), 'the rest is not a request')
      await until('the upstream connection is given up', () => busy.size === 0)
      assert.ok(await serves(port()))
    })
  }

  it('an absolute-form target is routed by its own authority, not by Host', async () => {
    const wire = new Wire(port())
    wire.send(`GET http://shop.test/good HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n`)
    assert.equal((await wire.response(false)).status, 200)
    wire.close()
  })

  it('many connections that never finish their head are closed after the time for it, and others are served meanwhile', async () => {
    const slow = Array.from({ length: 300 }, () => new Wire(port()))
    for (const wire of slow) wire.send(`GET /bad HTTP/1.1\r\n${HOST}X-A: `)
    assert.ok(await serves(port()))
    const drip = setInterval(() => {
      for (const wire of slow) if (wire.socket.writable) wire.send('a')
    }, 100)
    const answers = await Promise.all(slow.map(wire => wire.rest()))
    clearInterval(drip)
    assert.ok(answers.every(answer => answer === '' || answer.startsWith('HTTP/1.1 408 ')))
    for (const wire of slow) wire.close()
    assert.ok(await serves(port()))
  })

  it('a client that closes its half after the request still gets its answer', async () => {
    const wire = new Wire(port())
    wire.send(`GET /good HTTP/1.1\r\n${HOST}\r\n`)
    wire.socket.end()
    const answer = await wire.response(false)
    assert.equal(`${answer.status} ${answer.body}`, '200 ok')
    wire.close()
  })

  it('a client that vanishes in the middle of its request frees the upstream', async () => {
    const wire = new Wire(port())
    wire.send(`POST /bad HTTP/1.1\r\n${HOST}Content-Length: 1000\r\n\r\nhalf`)
    await until('the upstream has the request', () => busy.size === 1)
    wire.socket.resetAndDestroy()
    await until('the upstream connection is given up', () => busy.size === 0)
    assert.ok(await serves(port()))
  })
})

describe('hostile upstreams', () => {
  it('one that dies in the middle of its body: the client sees a broken message', async () => {
    await using good = await startGood()
    await using upstream = await startUpstream(socket =>
      onHeads(socket, head => {
        const length = head.includes('/bad/chunked')
          ? 'transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'
          : 'content-length: 100\r\n\r\nhello'
        socket.write(`HTTP/1.1 200 OK\r\n${length}`, () => socket.resetAndDestroy())
      }),
    )
    await using proxy = await startProxy(upstream, good)
    const [port = 0] = proxy.ports
    for (const path of ['/bad/length', '/bad/chunked']) {
      const wire = new Wire(port)
      wire.send(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`)
      const answer = await wire.response(false)
      wire.close()
      // The reset may overtake the first bytes: then there was nothing to pass on.
      if (answer.status === 200) assert.equal(answer.end, 'broken')
      else assert.equal(answer.status, 503)
    }
    assert.ok(await serves(port))
  })

  it('one that answers and closes its half: the answer is whole', async () => {
    await using good = await startGood()
    await using upstream = await startUpstream(socket => onHeads(socket, () => socket.end(OK)))
    await using proxy = await startProxy(upstream, good)
    const [port = 0] = proxy.ports
    for (let i = 0; i < 5; i++) {
      const wire = new Wire(port)
      wire.send(`GET /bad HTTP/1.1\r\n${HOST}\r\n`)
      const answer = await wire.response(false)
      assert.equal(`${answer.status} ${answer.body} ${answer.end}`, '200 ok open')
      wire.close()
    }
  })

  it('one that never reads: the client is held back, and memory stays bounded', async t => {
    await using good = await startGood()
    await using upstream = await startUpstream(socket => socket.pause())
    await using proxy = await startProxy(upstream, good)
    const [port = 0] = proxy.ports
    const wire = new Wire(port)
    const chunk = Buffer.alloc(1024 * 1024)
    wire.send(`POST /bad HTTP/1.1\r\n${HOST}Content-Length: ${400 * chunk.length}\r\n\r\n`)
    let taken = 0
    const pump = () => {
      if (taken < 400)
        wire.socket.write(chunk, () => {
          taken += 1
          pump()
        })
    }
    pump()
    let last = -1
    let since = performance.now()
    await until('no more is taken', () => {
      if (taken !== last) [last, since] = [taken, performance.now()]
      return performance.now() - since > 1000
    })
    t.diagnostic(`took ${taken} MB of 400`)
    assert.ok(taken < 32, `the proxy took ${taken} MB that nobody reads`)
    assert.ok(await serves(port))
    wire.close()
  })
})

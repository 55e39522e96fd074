import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderList } from '../http/headers.ts'
import { type Exchange, ServerBench } from './server.testing.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

function headers(...fields: string[]): HeaderList {
  return new HeaderList(fields)
}

function ok({ stream }: Exchange): void {
  stream.respond({ status: 200, headers: headers('x-of', 'us') }, true)
}

// ---- responses and their framing

test('respond() writes status line, fields and the length of an empty body', () => {
  const bench = new ServerBench(ok)
  bench.transport.receive(GET)
  assert.equal(bench.written, 'HTTP/1.1 200 OK\r\nx-of: us\r\ncontent-length: 0\r\n\r\n')
  assert.equal(bench.connection.active, 0)
})

test('write() frames by Content-Length when the head has one', () => {
  const bench = new ServerBench(({ stream }) => {
    stream.respond({ status: 200, headers: headers('content-length', '5') }, false)
    stream.write(Buffer.from('he'), false)
    stream.write(Buffer.from('llo'), true)
  })
  bench.transport.receive(GET + GET)
  assert.equal(bench.written, 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'.repeat(2))
})

test('write() frames by chunks when the head has no length', () => {
  const bench = new ServerBench(({ stream }) => {
    stream.respond({ status: 200, headers: headers() }, false)
    stream.write(Buffer.from('x'.repeat(26)), false)
    stream.write(Buffer.alloc(0), false)
    stream.write(Buffer.from('y'), true)
  })
  bench.transport.receive(GET)
  assert.equal(
    bench.written,
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1a\r\n${'x'.repeat(26)}\r\n1\r\ny\r\n0\r\n\r\n`,
  )
})

test('writeTrailers() ends a chunked response with them, and leaves out what is no field', () => {
  const bench = new ServerBench(({ stream }) => {
    stream.respond({ status: 200, headers: headers() }, false)
    stream.writeTrailers(headers('x-sum', '1', 'bad name', 'x'))
  })
  bench.transport.receive(GET)
  assert.match(bench.written, /\r\n\r\n0\r\nx-sum: 1\r\n\r\n$/)
})

test('writeTrailers() drops them where the framing has no place', () => {
  const bench = new ServerBench(({ stream }) => {
    stream.respond({ status: 200, headers: headers('content-length', '1') }, false)
    stream.write(Buffer.from('x'), false)
    stream.writeTrailers(headers('x-sum', '1'))
  })
  bench.transport.receive(GET + GET)
  assert.equal(bench.written, 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx'.repeat(2))
})

for (const [status, length, wire] of [
  [200, '7', 'content-length: 7\r\n'],
  [200, undefined, ''],
  [304, '7', 'content-length: 7\r\n'],
] as const) {
  test(`respond(${status}) to HEAD ${length ? 'keeps the length and' : ''} sends no body`, () => {
    const bench = new ServerBench(({ stream }) => {
      stream.respond({ status, headers: headers(...(length === undefined ? [] : ['content-length', length])) }, false)
      stream.write(Buffer.from('ignored'), true)
    })
    bench.transport.receive('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.equal(bench.written.split('\r\n').slice(1).join('\r\n'), `${wire}\r\n`)
    assert.equal(bench.transport.ended, false)
  })
}

test('respond(204) sends neither a body nor a length', () => {
  const bench = new ServerBench(({ stream }) => stream.respond({ status: 204, headers: headers('content-length', '0') }, true))
  bench.transport.receive(GET)
  assert.equal(bench.written, 'HTTP/1.1 204 No Content\r\n\r\n')
})

test('respondInformational() comes before the response, and never to HTTP/1.0', () => {
  const bench = new ServerBench(exchange => {
    exchange.stream.respondInformational({ status: 103, headers: headers('link', '</a>') })
    ok(exchange)
    exchange.stream.respondInformational({ status: 103, headers: headers() })
  })
  bench.transport.receive(GET)
  assert.match(bench.takeWritten(), /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a>\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  bench.transport.receive('GET / HTTP/1.0\r\n\r\n')
  assert.match(bench.takeWritten(), /^HTTP\/1\.1 200 /)
})

test('respond() to HTTP/1.0 ends with the connection when the length is not known', () => {
  const bench = new ServerBench(({ stream }) => {
    stream.respond({ status: 200, headers: headers() }, false)
    stream.write(Buffer.from('body'), true)
  })
  bench.transport.receive('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  assert.equal(bench.written, 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nbody')
  assert.equal(bench.transport.ended, true)
})

test('respond() to HTTP/1.0 keeps the connection only if asked to', () => {
  const bench = new ServerBench(ok)
  bench.transport.receive('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  assert.match(bench.takeWritten(), /connection: keep-alive\r\n/)
  assert.equal(bench.transport.ended, false)
  bench.transport.receive('GET / HTTP/1.0\r\n\r\n')
  assert.match(bench.takeWritten(), /connection: close\r\n/)
  assert.equal(bench.transport.ended, true)
})

test('respond() answers Connection: close with the same, and ends', () => {
  const bench = new ServerBench(ok)
  bench.transport.receive('GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n')
  assert.match(bench.written, /connection: close\r\n/)
  assert.equal(bench.transport.ended, true)
})

for (const [what, body] of [
  ['shorter', 'hell'],
  ['longer', 'hello!'],
] as const) {
  test(`write() aborts the connection when the body is ${what} than its length`, () => {
    const bench = new ServerBench(({ stream }) => {
      stream.respond({ status: 200, headers: headers('content-length', '5') }, false)
      stream.write(Buffer.from(body), true)
    })
    bench.transport.receive(GET)
    assert.equal(bench.transport.state, 'aborted')
  })
}

test('respond() lets no string end a line or a field early', () => {
  const bench = new ServerBench(({ stream }) =>
    stream.respond({ status: 200, headers: headers('location', '/\r\nset-cookie: a=b', 'x\r\ny', 'z', 'x-wide', 'ä€\0') }, true),
  )
  bench.transport.receive(GET)
  assert.equal(bench.written, 'HTTP/1.1 200 OK\r\nlocation: /  set-cookie: a=b\r\nx-wide: \xe4? \r\ncontent-length: 0\r\n\r\n')
})

test('respond() writes no field of the hop that was added above, in whatever case', () => {
  const bench = new ServerBench(({ stream }) => {
    const added = [
      'Transfer-Encoding',
      'chunked',
      'connection',
      'x',
      'keep-alive',
      'y',
      'host',
      'h',
      'upgrade',
      'u',
      'proxy-connection',
      'p',
    ]
    stream.respond({ status: 200, headers: headers(...added, 'content-length', '2') }, false)
    stream.write(Buffer.from('ok'), true)
  })
  bench.transport.receive(GET)
  assert.equal(bench.written, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
})

test('writeTrailers() writes no field that frames a message', () => {
  const bench = new ServerBench(({ stream }) => {
    stream.respond({ status: 200, headers: headers() }, false)
    stream.writeTrailers(headers('content-length', '5', 'transfer-encoding', 'chunked', 'x-sum', '1'))
  })
  bench.transport.receive(GET)
  assert.match(bench.written, /\r\n\r\n0\r\nx-sum: 1\r\n\r\n$/)
})

test('write() answers whether there is room, and onWritable() reaches the stream under way', () => {
  const bench = new ServerBench()
  bench.transport.receive(GET)
  const { stream } = bench.exchange(0)
  stream.respond({ status: 200, headers: headers() }, false)
  assert.equal(stream.write(Buffer.from('x'), false), true)
  bench.transport.hasRoom = false
  assert.equal(stream.write(Buffer.from('x'), false), false)
  bench.connection.onWritable()
  assert.equal(bench.exchange(0).writable, 1)
})

// ---- one request after the other

test('pipelined requests are handed up one by one, each after the response before it', () => {
  const bench = new ServerBench()
  bench.transport.receive('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHo')
  assert.deepEqual(
    bench.exchanges.map(({ head }) => head.path),
    ['/1'],
  )
  assert.equal(bench.transport.paused, true, 'no more is read than is held')
  bench.transport.receive('st: a\r\n\r\n')
  ok(bench.exchange(0))
  assert.deepEqual(
    bench.exchanges.map(({ head }) => head.path),
    ['/1', '/2'],
  )
  ok(bench.exchange(1))
  assert.equal(bench.transport.paused, false)
  ok(bench.exchange(2))
  assert.deepEqual(
    bench.exchanges.map(({ head }) => head.path),
    ['/1', '/2', '/3'],
  )
  assert.equal(bench.written.match(/200 OK/g)?.length, 3)
})

test('ten thousand pipelined requests do not overflow the stack', () => {
  const bench = new ServerBench(ok)
  bench.transport.receive(GET.repeat(10_000))
  assert.equal(bench.exchanges.length, 10_000)
})

test('a stream whose turn is over changes nothing', () => {
  const bench = new ServerBench(ok)
  bench.transport.receive(GET)
  bench.takeWritten()
  const { stream } = bench.exchange(0)
  bench.transport.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe')
  stream.respond({ status: 500, headers: headers() }, true)
  stream.write(Buffer.from('x'), true)
  stream.writeTrailers(headers())
  stream.pause()
  stream.resume()
  stream.reset('local-reset')
  assert.equal(bench.written, '')
  assert.equal(bench.transport.state, 'open')
  assert.equal(bench.transport.paused, false)
})

test('onData() gets the body in the portions that came, and pause() stops the transport', () => {
  const bench = new ServerBench()
  bench.transport.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\none')
  const exchange = bench.exchange(0)
  assert.equal(exchange.body, 'one')
  exchange.stream.pause()
  assert.equal(bench.transport.paused, true)
  exchange.stream.resume()
  assert.equal(bench.transport.paused, false)
  exchange.stream.pause()
  bench.transport.receive('two')
  bench.transport.receive('!!')
  assert.deepEqual([exchange.body, exchange.complete], ['onetwo!!', true])
  ok(exchange)
  assert.equal(bench.transport.paused, false, 'the next request is wanted')
})

test('a response before the end of the request ends the connection', () => {
  const bench = new ServerBench()
  bench.transport.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nhe')
  ok(bench.exchange(0))
  assert.match(bench.written, /connection: close\r\n/)
  assert.equal(bench.transport.ended, true)
  bench.transport.receive('llo')
  assert.equal(bench.exchange(0).body, 'he', 'the rest is not delivered')
  assert.equal(bench.exchange(0).reset, undefined)
})

// ---- hop-by-hop fields

test('hop-by-hop fields, and those that Connection names, do not reach the layer above', () => {
  const bench = new ServerBench()
  bench.transport.receive(
    'GET / HTTP/1.1\r\nX-Secret: 1\r\nHost: a\r\nConnection: keep-alive, x-secret, X-Late\r\nKeep-Alive: timeout=5\r\n' +
      'Proxy-Connection: keep-alive\r\nTE: gzip\r\nUpgrade: foo\r\nX-Late: 2\r\nTrailer: x-sum\r\nAccept: */*\r\n\r\n',
  )
  const names: string[] = []
  bench.exchange(0).head.headers.forEach(name => {
    names.push(name)
  })
  assert.deepEqual(names, ['trailer', 'accept'])
  assert.equal(bench.exchange(0).head.upgrade, undefined)
})

test('TE: trailers is kept, for gRPC asks it of every hop', () => {
  const bench = new ServerBench()
  bench.transport.receive('GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n')
  assert.equal(bench.exchange(0).head.headers.get('te'), 'trailers')
})

test('the scheme is that of the listener unless the target names one', () => {
  const bench = new ServerBench(ok, { scheme: 'https' })
  bench.transport.receive(GET)
  bench.transport.receive('GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.deepEqual(
    bench.exchanges.map(({ head }) => head.scheme),
    ['https', 'http'],
  )
})

// ---- tunnels

const UPGRADE = 'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n'

test('respond(101) turns an upgrade into a tunnel, and what came early goes into it', () => {
  const bench = new ServerBench()
  bench.transport.receive(`${UPGRADE}early`)
  const exchange = bench.exchange(0)
  assert.deepEqual([exchange.head.upgrade, exchange.complete, exchange.body], ['websocket', false, ''])
  exchange.stream.respond({ status: 101, headers: headers('sec-websocket-accept', 'x') }, false)
  assert.equal(
    bench.takeWritten(),
    'HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  )
  assert.equal(exchange.body, 'early')
  bench.transport.receive('GET / HTTP/1.1\r\n\r\n')
  assert.equal(exchange.body, 'earlyGET / HTTP/1.1\r\n\r\n')
  exchange.stream.write(Buffer.from('down'), false)
  assert.equal(bench.written, 'down')
  assert.equal(bench.transport.paused, false)
})

test('a tunnel closes by halves, and is over when both are', () => {
  const bench = new ServerBench()
  bench.transport.receive(UPGRADE)
  const exchange = bench.exchange(0)
  exchange.stream.respond({ status: 101, headers: headers() }, false)
  bench.connection.onEnd()
  assert.equal(exchange.complete, true)
  assert.equal(bench.transport.ended, false)
  exchange.stream.write(Buffer.from('more'), false)
  exchange.stream.write(Buffer.alloc(0), true)
  assert.equal(bench.transport.ended, true)
  bench.connection.onClosed()
  assert.equal(exchange.reset, undefined)
})

test('a tunnel whose connection breaks is reset', () => {
  const bench = new ServerBench()
  bench.transport.receive(UPGRADE)
  bench.exchange(0).stream.respond({ status: 101, headers: headers() }, false)
  bench.connection.onClosed()
  assert.equal(bench.exchange(0).reset, 'connection-closed')
})

test('reset() of a tunnel aborts the connection also when one half is closed', () => {
  const bench = new ServerBench()
  bench.transport.receive(UPGRADE)
  const { stream } = bench.exchange(0)
  stream.respond({ status: 101, headers: headers() }, false)
  stream.write(Buffer.alloc(0), true)
  stream.reset('local-reset')
  assert.equal(bench.transport.state, 'aborted')
})

test('an upgrade that is declined leaves an ordinary connection', () => {
  const bench = new ServerBench()
  bench.transport.receive(UPGRADE)
  ok(bench.exchange(0))
  bench.transport.receive(GET)
  assert.equal(bench.exchanges.length, 2)
})

test('an upgrade that is declined ends the connection when bytes for the tunnel are there', () => {
  const bench = new ServerBench()
  bench.transport.receive(UPGRADE + GET)
  ok(bench.exchange(0))
  assert.match(bench.written, /connection: close/)
  assert.deepEqual([bench.exchanges.length, bench.transport.ended], [1, true])
})

test('respond(101) without an upgrade in the request is no response', () => {
  const bench = new ServerBench()
  bench.transport.receive(GET)
  bench.exchange(0).stream.respond({ status: 101, headers: headers() }, false)
  assert.deepEqual([bench.written, bench.transport.state], ['', 'aborted'])
})

test('respond(200) turns CONNECT into a tunnel, without framing', () => {
  const bench = new ServerBench()
  bench.transport.receive('CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n')
  const exchange = bench.exchange(0)
  assert.deepEqual([exchange.head.authority, exchange.head.path, exchange.complete], ['b:443', '', false])
  exchange.stream.respond({ status: 200, headers: headers('content-length', '0') }, false)
  assert.equal(bench.written, 'HTTP/1.1 200 OK\r\n\r\n')
  bench.transport.receive('\x16\x03')
  assert.equal(exchange.body, '\x16\x03')
})

test('CONNECT that is declined ends the connection: what follows was meant for another', () => {
  const bench = new ServerBench()
  bench.transport.receive('CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n')
  bench.exchange(0).stream.respond({ status: 403, headers: headers() }, true)
  assert.equal(bench.transport.ended, true)
})

// ---- ends

test('a client that closes its half after its requests still gets all responses', () => {
  const bench = new ServerBench()
  bench.transport.receive(GET + GET)
  bench.connection.onEnd()
  ok(bench.exchange(0))
  assert.equal(bench.transport.ended, false)
  ok(bench.exchange(1))
  assert.equal(bench.written.match(/200 OK/g)?.length, 2)
  assert.equal(bench.transport.ended, true)
})

test('a client that closes between requests ends the connection', () => {
  const bench = new ServerBench()
  bench.connection.onEnd()
  assert.equal(bench.transport.ended, true)
})

test('a client that closes within a head is gone', () => {
  const bench = new ServerBench()
  bench.transport.receive('GET / HT')
  bench.connection.onEnd()
  assert.equal(bench.transport.state, 'aborted')
  assert.deepEqual(bench.errors, [])
})

for (const how of ['onEnd', 'onClosed'] as const) {
  test(`a request whose body breaks off (${how}) is reset, never completed`, () => {
    const bench = new ServerBench()
    bench.transport.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell')
    bench.connection[how]()
    assert.deepEqual([bench.exchange(0).complete, bench.exchange(0).reset], [false, 'connection-closed'])
    ok(bench.exchange(0))
    assert.equal(bench.written, '')
  })
}

test('reset() aborts the connection, once', () => {
  const bench = new ServerBench()
  bench.transport.receive(GET)
  const { stream } = bench.exchange(0)
  stream.reset('local-reset')
  stream.reset('local-reset')
  assert.equal(bench.transport.state, 'aborted')
  bench.connection.onClosed()
  assert.equal(bench.exchange(0).reset, undefined, 'not told of its own reset')
  assert.equal(bench.closed, 1)
})

test('a body that breaks the protocol is refused when nothing is answered yet', () => {
  const bench = new ServerBench()
  bench.transport.receive('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n')
  assert.match(bench.written, /^HTTP\/1\.1 400 Bad Request\r\n/)
  assert.deepEqual(bench.errors, ['http1.bad_chunk_size: byte 120'])
  assert.equal(bench.exchange(0).reset, 'protocol-error')
  ok(bench.exchange(0))
  assert.equal(bench.written.match(/HTTP\/1\.1/g)?.length, 1)
})

test('a body that breaks the protocol aborts the connection when the response has begun', () => {
  const bench = new ServerBench()
  bench.transport.receive('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  bench.exchange(0).stream.respond({ status: 200, headers: headers() }, false)
  bench.takeWritten()
  bench.transport.receive('xyz\r\n')
  assert.deepEqual([bench.written, bench.transport.state], ['', 'aborted'])
  assert.equal(bench.exchange(0).reset, 'protocol-error')
})

// ---- drain and timeouts

test('drain() says close on the next response', () => {
  const bench = new ServerBench()
  bench.connection.drain()
  bench.transport.receive(GET)
  ok(bench.exchange(0))
  assert.match(bench.written, /connection: close/)
  assert.equal(bench.transport.ended, true)
})

test('drain() after the response has begun waits for one more request, or a second', () => {
  const bench = new ServerBench()
  bench.transport.receive(GET)
  bench.exchange(0).stream.respond({ status: 200, headers: headers() }, false)
  bench.connection.drain()
  bench.exchange(0).stream.write(Buffer.alloc(0), true)
  assert.equal(bench.transport.ended, false, 'the client was not told, and may be sending')
  bench.clock.turn(3000)
  assert.equal(bench.transport.ended, true)
})

test('drain() closes an idle connection after a second without a request', () => {
  const bench = new ServerBench()
  bench.connection.drain()
  bench.clock.turn(900)
  assert.equal(bench.transport.ended, false)
  bench.clock.turn(200)
  assert.equal(bench.transport.ended, true)
})

test('a head that is not complete in time is answered 408, however its bytes trickle', () => {
  const bench = new ServerBench(ok, { headTimeoutMs: 5000 })
  bench.transport.receive(GET)
  bench.takeWritten()
  for (const byte of 'GET / HTTP/1.1\r\n') {
    bench.clock.turn(400)
    bench.transport.receive(byte)
  }
  assert.match(bench.written, /^HTTP\/1\.1 408 Request Timeout\r\n/)
  assert.deepEqual(bench.errors, ['http1.head_timeout'])
  assert.equal(bench.transport.ended, true)
})

test('an empty line after a request is no head that must be complete in time', () => {
  const bench = new ServerBench(ok)
  bench.transport.receive(`${GET}\r\n`)
  bench.takeWritten()
  bench.clock.turn(30_000)
  assert.equal(bench.written, '')
  bench.transport.receive(GET)
  assert.match(bench.written, /200 OK/)
})

test('a head that is complete in time stops its timer', () => {
  const bench = new ServerBench(() => {}, { headTimeoutMs: 5000 })
  bench.transport.receive('GET / ')
  bench.clock.turn(4000)
  bench.transport.receive('HTTP/1.1\r\nHost: a\r\n\r\n')
  bench.clock.turn(50_000)
  assert.deepEqual(bench.errors, [])
  assert.equal(bench.transport.ended, false, 'and a response may take its time')
})

test('an idle connection is closed after one to two idle timeouts, a used one is not', () => {
  const bench = new ServerBench(ok, { idleTimeoutMs: 1000 })
  for (let i = 0; i < 5; i++) {
    bench.clock.turn(800)
    bench.transport.receive(GET)
  }
  assert.equal(bench.transport.ended, false)
  bench.clock.turn(2100)
  assert.equal(bench.transport.ended, true)
})

test('a client that does not close its half is closed after a second, unless it is still reading', () => {
  const bench = new ServerBench(ok)
  bench.transport.receive('GET / HTTP/1.0\r\n\r\n')
  bench.transport.pending = 100_000
  bench.clock.turn(1100)
  assert.equal(bench.transport.state, 'open')
  bench.transport.pending = 0
  bench.clock.turn(1100)
  assert.equal(bench.transport.state, 'destroyed', 'with FIN, which takes nothing away from the client')
})

test('a client that takes nothing for half a minute is given up', () => {
  const bench = new ServerBench(ok)
  bench.transport.receive('GET / HTTP/1.0\r\n\r\n')
  bench.transport.pending = 100_000
  bench.clock.turn(20_000)
  assert.equal(bench.transport.state, 'open')
  bench.clock.turn(15_000)
  assert.equal(bench.transport.state, 'destroyed')
})

test('a closed connection leaves no timer behind', () => {
  const bench = new ServerBench(ok)
  bench.transport.receive(GET)
  bench.connection.onClosed()
  assert.equal(bench.timers.size, 0)
  bench.connection.destroy()
  bench.connection.drain()
  assert.equal(bench.timers.size, 0)
  assert.equal(bench.closed, 1)
})

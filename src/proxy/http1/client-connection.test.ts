import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderList } from '../http/headers.ts'
import { type Answer, ClientBench } from './client.testing.ts'
import { RESPONSE_CORPUS, type ResponseCase } from './response-corpus.testing.ts'

function lineOf(answer: Answer): string | undefined {
  if (answer.head === undefined) return undefined
  const fields: string[] = []
  answer.trailers?.forEach((name, value) => {
    fields.push(`${name}:${value}`)
  })
  return `${answer.head.status} ${answer.body}${fields.length > 0 ? `{${fields.join(',')}}` : ''}${answer.complete ? '' : '...'}`
}

function checkResponse(entry: ResponseCase, parts: Iterable<string>): void {
  const bench = new ClientBench()
  const { answer } = bench.open({ method: entry.method ?? 'GET' })
  for (const part of parts) bench.transport.receive(part)
  assert.deepEqual(bench.errors, entry.refused === undefined ? [] : [entry.refused])
  if (entry.response !== undefined) assert.equal(lineOf(answer), entry.response)
  if (entry.refused !== undefined) {
    assert.equal(answer.complete, entry.response !== undefined, 'a response with a fault is not completed')
    assert.equal(answer.reset, entry.response === undefined ? 'protocol-error' : undefined)
    assert.equal(bench.transport.state, 'aborted')
  }
  assert.equal(bench.connection.capacity, entry.reusable === true ? 1 : 0)
}

for (const entry of RESPONSE_CORPUS) {
  test(`Http1ClientConnection ${entry.refused === undefined ? 'reads' : 'refuses'} a response: ${entry.name}`, () => {
    const { bytes } = entry
    checkResponse(entry, [bytes])
    const step = Math.ceil(bytes.length / 2000)
    for (let at = 1; at < bytes.length; at += step) checkResponse(entry, [bytes.slice(0, at), bytes.slice(at)])
    checkResponse(entry, portions(bytes, step))
  })
}

// ---- requests

test('open() writes request line, Host and fields', () => {
  const bench = new ClientBench()
  bench.open({ method: 'DELETE', authority: 'b:80', path: '/x?y', headers: new HeaderList(['x-a', '1']) })
  assert.equal(bench.transport.written, 'DELETE /x?y HTTP/1.1\r\nhost: b:80\r\nx-a: 1\r\n\r\n')
  assert.deepEqual([bench.connection.active, bench.connection.capacity], [1, 0])
})

test('open() says that a POST has no body, and nothing of the kind for a GET', () => {
  const bench = new ClientBench()
  bench.open({ method: 'POST' })
  assert.match(bench.transport.written, /content-length: 0\r\n/)
  const other = new ClientBench()
  other.open()
  assert.doesNotMatch(other.transport.written, /content-length|transfer-encoding/)
})

test('write() frames by Content-Length where the head has it, else by chunks', () => {
  const bench = new ClientBench()
  const { stream } = bench.open({ method: 'POST', headers: new HeaderList(['content-length', '5']) }, false)
  stream.write(Buffer.from('hel'), false)
  stream.write(Buffer.from('lo'), true)
  assert.match(bench.takeWritten(), /content-length: 5\r\n\r\nhello$/)
  const other = new ClientBench()
  other.open({ method: 'POST' }, false).stream.write(Buffer.from('hello'), true)
  assert.match(other.takeWritten(), /transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/)
})

test('writeTrailers() ends a chunked request', () => {
  const bench = new ClientBench()
  const { stream } = bench.open({ method: 'POST' }, false)
  stream.writeTrailers(new HeaderList(['x-sum', '1']))
  assert.match(bench.transport.written, /0\r\nx-sum: 1\r\n\r\n$/)
})

test('open() sends TE with its Connection option', () => {
  const bench = new ClientBench()
  bench.open({ headers: new HeaderList(['te', 'trailers']) })
  assert.match(bench.transport.written, /te: trailers\r\nconnection: te\r\n/)
})

test('open() encodes what would break the request line', () => {
  const bench = new ClientBench()
  bench.open({ method: 'GET', path: '/a b\r\nX: y', authority: 'é' })
  assert.equal(bench.transport.written, 'GET /a%20b%0D%0AX:%20y HTTP/1.1\r\nhost: %C3%A9\r\n\r\n')
})

test('open() with a length but no body aborts: upstream would take the next request for the body', async () => {
  const bench = new ClientBench()
  const { answer } = bench.open({ method: 'POST', headers: new HeaderList(['content-length', '5']) }, true)
  assert.equal(answer.reset, undefined, 'not before open() returns')
  await Promise.resolve()
  assert.equal(answer.reset, 'protocol-error')
  assert.equal(bench.transport.state, 'aborted')
})

test('open() on a connection without capacity is reset after it returned', async () => {
  const bench = new ClientBench()
  bench.open()
  const written = bench.takeWritten()
  const { answer, stream } = bench.open({ path: '/second' })
  stream.write(Buffer.from('x'), true)
  stream.reset('local-reset')
  assert.equal(answer.reset, undefined)
  await Promise.resolve()
  assert.equal(answer.reset, 'connection-closed')
  assert.ok(written.length > 0 && bench.transport.written === '' && bench.transport.state === 'open')
})

// ---- the life of the connection

test('a second request follows the first response, and the owner hears when it may', () => {
  const bench = new ClientBench()
  bench.open()
  bench.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  assert.deepEqual(bench.events, ['capacity'])
  const { answer } = bench.open({ path: '/2' })
  bench.transport.receive('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n')
  assert.equal(answer.head?.status, 201)
})

test('reset() after both messages are complete leaves the connection alone, also within the last call', () => {
  const bench = new ClientBench()
  const { answer, stream } = bench.open()
  answer.onComplete = () => stream.reset('local-reset')
  bench.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
  stream.reset('local-reset')
  assert.deepEqual([bench.transport.state, bench.connection.capacity], ['open', 1])
})

test('reset() in between aborts the connection', () => {
  const bench = new ClientBench()
  const { answer, stream } = bench.open()
  stream.reset('local-reset')
  assert.equal(bench.transport.state, 'aborted')
  bench.connection.onClosed()
  assert.deepEqual([answer.reset, bench.events], [undefined, ['closed']])
})

test('Connection: close tells the owner at the head, and closes after the body', () => {
  const bench = new ClientBench()
  bench.open()
  bench.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n')
  assert.deepEqual(bench.events, ['draining'])
  bench.transport.receive('hi')
  assert.equal(bench.transport.state, 'destroyed')
})

test('a response to the end of the connection is complete when upstream closes properly', () => {
  const bench = new ClientBench()
  const { answer } = bench.open()
  bench.transport.receive('HTTP/1.1 200 OK\r\n\r\nhel')
  bench.transport.receive('lo')
  bench.connection.onEnd()
  assert.deepEqual([lineOf(answer), answer.reset], ['200 hello', undefined])
})

for (const [name, bytes] of [
  ['before the response', ''],
  ['within the head', 'HTTP/1.1 200 OK\r\nConte'],
  ['within a body of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello'],
  ['within a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello'],
  ['before the last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
  ['within the trailers', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n'],
] as const) {
  test(`upstream that closes ${name} resets the stream`, () => {
    const bench = new ClientBench()
    const { answer } = bench.open()
    bench.transport.receive(bytes)
    bench.connection.onEnd()
    assert.deepEqual([answer.complete, answer.reset], [false, 'connection-closed'])
  })
}

test('a response to the end of a connection that breaks is not complete', () => {
  const bench = new ClientBench()
  const { answer } = bench.open()
  bench.transport.receive('HTTP/1.1 200 OK\r\n\r\nhel')
  bench.connection.onClosed()
  assert.deepEqual([answer.complete, answer.reset], [false, 'connection-closed'])
})

test('a response before the end of the request is delivered, and the connection not used again', () => {
  const bench = new ClientBench()
  const { answer, stream } = bench.open({ method: 'POST' }, false)
  stream.write(Buffer.from('half'), false)
  bench.transport.receive('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n')
  assert.equal(lineOf(answer), '413 ')
  assert.deepEqual([bench.connection.capacity, bench.transport.state, bench.events], [0, 'destroyed', []])
  assert.equal(stream.write(Buffer.from('rest'), true), true)
})

test('bytes on an idle connection close it: they would answer the next request', () => {
  const bench = new ClientBench()
  bench.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  assert.deepEqual([bench.errors, bench.transport.state, bench.connection.capacity], [['http1.unexpected_bytes'], 'aborted', 0])
})

test('upstream that closes an idle connection takes its capacity', () => {
  const bench = new ClientBench()
  bench.connection.onEnd()
  assert.equal(bench.connection.capacity, 0)
  bench.connection.onClosed()
  assert.deepEqual(bench.events, ['closed'])
})

test('drain() closes when idle, or after the request under way', () => {
  const idle = new ClientBench()
  idle.connection.drain()
  assert.equal(idle.transport.state, 'destroyed')
  const busy = new ClientBench()
  const { answer } = busy.open()
  busy.connection.drain()
  assert.equal(busy.transport.state, 'open')
  busy.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  assert.deepEqual([answer.complete, busy.transport.state, busy.events], [true, 'destroyed', []])
})

test('onInformational() gets 1xx, and the response follows', () => {
  const bench = new ClientBench()
  const { answer } = bench.open({ method: 'POST', headers: new HeaderList(['expect', '100-continue']) }, false)
  assert.match(bench.transport.written, /expect: 100-continue/)
  bench.transport.receive('HTTP/1.1 100 Continue\r\n\r\n')
  assert.deepEqual([answer.informational, answer.head], [[100], undefined])
})

test('pause() and resume() reach the transport, and a finished stream leaves it reading', () => {
  const bench = new ClientBench()
  const { stream } = bench.open()
  bench.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel')
  stream.pause()
  assert.equal(bench.transport.paused, true)
  bench.transport.receive('lo')
  assert.equal(bench.transport.paused, false)
  stream.pause()
  assert.equal(bench.transport.paused, false)
})

test('write() answers whether there is room, and onWritable() reaches the stream', () => {
  const bench = new ClientBench()
  const { answer, stream } = bench.open({ method: 'POST' }, false)
  bench.transport.hasRoom = false
  assert.equal(stream.write(Buffer.from('x'), false), false)
  bench.connection.onWritable()
  assert.equal(answer.writable, 1)
})

// ---- tunnels

test('an upgrade becomes a tunnel with 101, and bytes written early wait for it', () => {
  const bench = new ClientBench()
  const { answer, stream } = bench.open({ upgrade: 'websocket' }, false)
  assert.equal(bench.takeWritten(), 'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
  assert.equal(stream.write(Buffer.from('early'), false), false)
  assert.equal(bench.takeWritten(), '')
  bench.transport.receive('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nfirst')
  assert.equal(bench.takeWritten(), 'early')
  assert.deepEqual([lineOf(answer), answer.writable, bench.events], ['101 first...', 1, ['draining']])
  stream.write(Buffer.from('up'), false)
  assert.equal(bench.takeWritten(), 'up')
  stream.write(Buffer.alloc(0), true)
  assert.equal(bench.transport.ended, true)
  bench.transport.receive('last words')
  bench.connection.onEnd()
  assert.equal(lineOf(answer), '101 firstlast words')
  bench.connection.onClosed()
  assert.equal(answer.reset, undefined)
})

test('a tunnel whose connection breaks is reset', () => {
  const bench = new ClientBench()
  const { answer } = bench.open({ method: 'CONNECT', authority: 'b:1', path: '' }, false)
  assert.match(bench.transport.written, /^CONNECT b:1 HTTP\/1\.1\r\nhost: b:1\r\n/)
  bench.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxyz!')
  assert.equal(lineOf(answer), '200 xyz!...', 'a length means nothing here')
  bench.connection.onClosed()
  assert.equal(answer.reset, 'connection-closed')
})

test('an upgrade that upstream declines is an ordinary response, and early bytes are dropped', () => {
  const bench = new ClientBench()
  const { answer, stream } = bench.open({ upgrade: 'websocket' }, false)
  bench.takeWritten()
  stream.write(Buffer.from('GET /admin HTTP/1.1\r\n\r\n'), false)
  bench.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno')
  assert.deepEqual([lineOf(answer), bench.takeWritten(), bench.connection.capacity], ['200 no', '', 1])
})

function* portions(bytes: string, size: number): Iterable<string> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

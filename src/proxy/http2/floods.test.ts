/** What a peer may not make us do: each attack ends its connection after bounded work, and well-behaved traffic of the same kind does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderList } from '../http/headers.ts'
import { CANCEL, ENHANCE_YOUR_CALM, REFUSED_STREAM } from './error-codes.ts'
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  HEADERS,
  PING,
  PRIORITY,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame.ts'
import { bytesOf, GET, GREETING, literal, Peer, POST, uint32Text } from './frames.testing.ts'

function greeted(options = {}): Peer {
  const peer = new Peer(options)
  peer.send(GREETING)
  peer.take()
  return peer
}

/** Sends one frame at a time, at most so many. @returns how many were taken */
function flood(peer: Peer, most: number, next: (i: number) => string): number {
  let sent = 0
  while (sent < most && !peer.over) peer.send(next(sent++))
  return sent
}

test('rapid reset: requests that are reset at once end the connection', () => {
  const peer = greeted()
  const sent = flood(peer, 10_000, i => {
    const id = 2 * i + 1
    return bytesOf(HEADERS, END_HEADERS | END_STREAM, id, GET) + bytesOf(RST_STREAM, 0, id, uint32Text(CANCEL))
  })
  assert.equal(sent, 250)
  assert.equal(peer.goaway, ENHANCE_YOUR_CALM)
})

test('rapid reset: cancelling one request in three is nobody’s attack', () => {
  const peer = greeted()
  peer.mode = 'answer'
  for (let i = 0; i < 3000 && !peer.over; i++) {
    const id = 2 * i + 1
    peer.mode = i % 3 === 0 ? 'wait' : 'answer'
    peer.send(bytesOf(HEADERS, END_HEADERS | END_STREAM, id, GET))
    if (i % 3 === 0) peer.send(bytesOf(RST_STREAM, 0, id, uint32Text(CANCEL)))
  }
  assert.equal(peer.over, false)
})

test('rapid reset: making us reset the streams counts as well', () => {
  const peer = greeted({ streamErrorOnInvalidMessage: true })
  const sent = flood(peer, 10_000, i => bytesOf(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, '\x82'))
  assert.equal(sent, 250)
})

test('CONTINUATION: a block that never ends is cut off', () => {
  const peer = greeted()
  peer.send(bytesOf(HEADERS, END_STREAM, 1, GET))
  const sent = flood(peer, 10_000, () => bytesOf(CONTINUATION, 0, 1, literal('x-a', 'b')))
  assert(sent <= 17, `${sent} frames`)
  assert.equal(peer.goaway, ENHANCE_YOUR_CALM)
  assert.equal(peer.requests.length, 0)
})

test('CONTINUATION: large fragments are cut off by their bytes', () => {
  const peer = greeted()
  peer.send(bytesOf(HEADERS, END_STREAM, 1, GET))
  const sent = flood(peer, 100, () => bytesOf(CONTINUATION, 0, 1, literal('x-a', 'b'.repeat(16_000))))
  assert(sent <= 5, `${sent} frames`)
})

test('a head of 60 KiB in several frames passes, a larger one is refused alone', () => {
  const peer = greeted()
  const fields = (count: number) => Array.from({ length: count }, (_, i) => literal(`x-${i}`, 'v'.repeat(1000))).join('')
  for (const [id, count] of [
    [1, 58],
    [3, 66],
  ] as const) {
    const block = GET + fields(count)
    peer.send(bytesOf(HEADERS, END_STREAM, id, block.slice(0, 16_000)))
    for (let at = 16_000; at < block.length; at += 16_000)
      peer.send(bytesOf(CONTINUATION, at + 16_000 >= block.length ? END_HEADERS : 0, id, block.slice(at, at + 16_000)))
  }
  assert.equal(peer.requests.length, 1)
  const reset = peer.take().find(written => written.type === RST_STREAM)
  assert.equal(reset?.stream, 3)
  assert.equal(peer.over, false)
})

test('more than 100 fields are refused', () => {
  const peer = greeted()
  const fields = Array.from({ length: 100 }, (_, i) => literal(`x-${i}`, 'v')).join('')
  peer.send(bytesOf(HEADERS, END_HEADERS | END_STREAM, 1, GET + fields))
  assert.equal(peer.requests.length, 0)
  assert.equal(peer.over, false)
})

test('HPACK bomb: a block that refers to a large entry again and again is refused without being made', () => {
  const peer = greeted()
  const value = 'v'.repeat(3900)
  // Indexed literal, then as many references as a frame holds: 4 KB a byte.
  const entry = `\x40\x03x-b\x7f${String.fromCharCode(((value.length - 127) & 127) | 128, (value.length - 127) >> 7)}${value}`
  const before = process.memoryUsage().heapUsed
  const started = performance.now()
  for (let i = 0; i < 50; i++)
    peer.send(bytesOf(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, GET + (i === 0 ? entry : '') + '\xbe'.repeat(12_000)))
  assert.equal(peer.requests.length, 0)
  assert(performance.now() - started < 1000)
  assert(process.memoryUsage().heapUsed - before < 20_000_000)
})

test('SETTINGS, PING: a peer that does not read our answers is cut off after 1000 of them at the latest', () => {
  for (const frame of [bytesOf(PING, 0, 0, '12345678'), bytesOf(SETTINGS, 0, 0)]) {
    const peer = greeted()
    peer.transport.pending = 1
    const sent = flood(peer, 10_000, () => frame)
    assert(sent <= 1001, `${sent} frames`)
    assert.equal(peer.over, true)
  }
})

test('PING: a peer that reads may ask as often as it likes', () => {
  const peer = greeted()
  assert.equal(
    flood(peer, 5000, () => bytesOf(PING, 0, 0, '12345678')),
    5000,
  )
  assert.equal(peer.over, false)
})

test('frames of all kinds: a peer that does not read is cut off at 10000 of them', () => {
  const peer = greeted({ maxConcurrentStreams: 100_000 })
  peer.mode = 'answer'
  peer.transport.pending = 1
  const sent = flood(peer, 20_000, i => bytesOf(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, GET))
  assert(sent <= 10_001, `${sent} requests`)
})

test('empty frames: the second in a row ends the connection', () => {
  const peer = greeted()
  peer.send(bytesOf(HEADERS, END_HEADERS, 1, POST))
  assert.equal(
    flood(peer, 100, () => bytesOf(DATA, 0, 1)),
    2,
  )
  assert.equal(peer.goaway, ENHANCE_YOUR_CALM)
})

test('PRIORITY: more than 100 for each stream end the connection', () => {
  const peer = greeted()
  assert.equal(
    flood(peer, 1000, () => bytesOf(PRIORITY, 0, 1, `${uint32Text(0)}\x10`)),
    101,
  )
})

test('WINDOW_UPDATE: more than DATA could have asked for end the connection', () => {
  const peer = greeted()
  const sent = flood(peer, 1000, () => bytesOf(WINDOW_UPDATE, 0, 0, uint32Text(1)))
  assert.equal(sent, 6)
})

test('streams beyond the limit are refused, and are safe to send again', () => {
  const peer = greeted({ maxConcurrentStreams: 10 })
  for (let i = 0; i < 12; i++) peer.send(bytesOf(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, GET))
  assert.equal(peer.requests.length, 10)
  const refused = peer.take().filter(written => written.type === RST_STREAM)
  assert.deepEqual(
    refused.map(written => [written.stream, Buffer.from(written.payload, 'latin1').readUInt32BE(0)]),
    [
      [21, REFUSED_STREAM],
      [23, REFUSED_STREAM],
    ],
  )
  assert.equal(peer.over, false)
})

test('a window that never opens bounds what waits, and asks the writer to stop', () => {
  const peer = new Peer()
  // SETTINGS_INITIAL_WINDOW_SIZE 0.
  peer.send(GREETING.slice(0, 24) + bytesOf(SETTINGS, 0, 0, `\0\x04${uint32Text(0)}`))
  peer.send(bytesOf(HEADERS, END_HEADERS | END_STREAM, 1, GET))
  const stream = peer.requests[0]?.stream ?? assert.fail()
  stream.respond({ status: 200, headers: new HeaderList() }, false)
  let taken = 0
  while (stream.write(Buffer.alloc(10_000), false)) taken += 10_000
  assert(taken < 100_000, `${taken} octets`)
})

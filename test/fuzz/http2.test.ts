/**
 * Bytes of HTTP/2 that are cut and changed at random: wherever reads end, the codec does the same; whatever comes, it neither throws nor
 * keeps much.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/lib/random.ts'
import { HeaderList } from '../../src/proxy/http/headers.ts'
import * as frame from '../../src/proxy/http2/frame.ts'
import { bytesOf, GET, GREETING, literal, Peer, POST, uint32Text } from '../../src/proxy/http2/frames.testing.ts'

const { DATA, HEADERS, CONTINUATION, PING, SETTINGS, WINDOW_UPDATE, RST_STREAM, PRIORITY, END_HEADERS, END_STREAM, PADDED } =
  frame

/** A conversation with something of everything that is allowed. */
const SESSION =
  GREETING +
  bytesOf(SETTINGS, frame.ACK, 0) +
  bytesOf(HEADERS, END_HEADERS | END_STREAM, 1, GET) +
  bytesOf(PRIORITY, 0, 3, `${uint32Text(1)}\x10`) +
  bytesOf(HEADERS, 0, 3, POST.slice(0, 5)) +
  bytesOf(
    CONTINUATION,
    END_HEADERS,
    3,
    POST.slice(5) + literal('x-a', 'b') + literal('cookie', 'c=1') + literal('cookie', 'd=2'),
  ) +
  bytesOf(DATA, 0, 3, 'hello') +
  bytesOf(PING, 0, 0, '12345678') +
  bytesOf(DATA, PADDED, 3, `\x04world${'\0'.repeat(4)}`) +
  bytesOf(WINDOW_UPDATE, 0, 0, uint32Text(1000)) +
  bytesOf(HEADERS, END_HEADERS | END_STREAM, 3, literal('x-trailer', 'yes')) +
  bytesOf(HEADERS, END_HEADERS | PADDED, 5, `\x03${POST}\0\0\0`) +
  bytesOf(RST_STREAM, 0, 5, uint32Text(8)) +
  bytesOf(0x42, 7, 0, 'extension') +
  // Huffman: "www.example.com" as :authority (RFC 7541, C.4.1).
  bytesOf(HEADERS, END_HEADERS | END_STREAM, 7, '\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff')

function outcome(peer: Peer): unknown {
  const heads = peer.requests.map(({ head }) => {
    const fields: string[] = []
    head.headers.forEach((name, value) => {
      fields.push(name, value)
    })
    return [head.method, head.authority, head.path, fields]
  })
  return { heads, bytes: peer.bytes, ends: peer.ends, resets: peer.resets, written: peer.take(), over: peer.over }
}

test('a conversation is understood the same wherever a read ends', () => {
  const whole = new Peer()
  whole.send(SESSION)
  const expected = outcome(whole)
  assert.equal(whole.over, false)
  assert.equal(whole.requests.length, 4)
  assert.deepEqual([whole.bytes, whole.ends, whole.resets], [10, 3, ['remote-reset']])
  assert.equal(whole.requests[3]?.head.authority, 'www.example.com')
  for (let at = 1; at < SESSION.length; at++) {
    const split = new Peer()
    split.send(SESSION.slice(0, at))
    split.send(SESSION.slice(at))
    assert.deepEqual(outcome(split), expected, `split at ${at}`)
  }
  const single = new Peer()
  for (const byte of SESSION) single.send(byte)
  assert.deepEqual(outcome(single), expected)
})

for (const seed of [1, 2, 3, Date.now() % 1_000_000])
  test(`changed bytes are survived (seed ${seed})`, () => {
    const random = seededRandom(seed)
    const pick = (below: number) => Math.floor(random() * below)
    const before = process.memoryUsage().heapUsed
    let refused = 0
    for (let round = 0; round < 3000; round++) {
      const peer = new Peer({ streamErrorOnInvalidMessage: random() < 0.5 })
      peer.mode = random() < 0.5 ? 'answer' : 'wait'
      // The preface stays, else nothing else is looked at.
      let bytes = SESSION
      for (let changes = 1 + pick(4); changes > 0; changes--) {
        const at = 24 + pick(bytes.length - 24)
        const dice = random()
        if (dice < 0.6) bytes = bytes.slice(0, at) + String.fromCharCode(pick(256)) + bytes.slice(at + 1)
        else if (dice < 0.8) bytes = bytes.slice(0, at) + bytes.slice(at + 1 + pick(12))
        else bytes = bytes.slice(0, at) + bytes.slice(24 + pick(at - 23), at) + bytes.slice(at)
      }
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + pick(200)
        peer.send(bytes.slice(at, at + length))
        at += length
      }
      for (const { stream } of peer.requests) {
        stream.respond({ status: 200, headers: new HeaderList(['x', 'y']) }, false)
        stream.write(Buffer.from('answer'), true)
      }
      peer.transport.handler.onClosed(undefined)
      if (peer.problems.length > 0) refused++
    }
    assert(refused > 1000, `${refused} refused`)
    assert(process.memoryUsage().heapUsed - before < 100_000_000)
  })

for (const seed of [5, 6, Date.now() % 1_000_000])
  test(`frames of random kinds and contents are survived (seed ${seed})`, () => {
    const random = seededRandom(seed)
    const pick = (below: number) => Math.floor(random() * below)
    for (let round = 0; round < 2000; round++) {
      const peer = new Peer({ streamErrorOnInvalidMessage: true })
      peer.send(GREETING)
      for (let i = 0; i < 30 && !peer.over; i++) {
        const block = random() < 0.5 ? GET : POST + literal('content-length', '5')
        const payload = random() < 0.5 ? block : String.fromCharCode(...Array.from({ length: pick(30) }, () => pick(256)))
        peer.send(bytesOf(pick(11), pick(256), pick(8), payload))
        for (const { stream } of peer.requests) stream.respond({ status: 200, headers: new HeaderList() }, random() < 0.5)
      }
      peer.transport.handler.onClosed(undefined)
    }
  })

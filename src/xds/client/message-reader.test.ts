import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, MessageReader } from './message-reader.ts'

const MESSAGES = ['', 'a', 'hello', 'x'.repeat(300), 'y'.repeat(70_000)]
const STREAM = Buffer.concat(MESSAGES.map(text => frame(Buffer.from(text))))

test('MessageReader.push() finds the same messages in any division into chunks', () => {
  for (const size of [1, 2, 3, 4, 5, 6, 7, 64, 1000, 65_536, STREAM.length]) {
    const reader = new MessageReader(100_000)
    const found: string[] = []
    for (let at = 0; at < STREAM.length; at += size) {
      found.push(...reader.push(STREAM.subarray(at, at + size)).map(message => message.toString()))
    }
    assert.deepEqual(found, MESSAGES, `chunks of ${size} bytes`)
  }
})

test('MessageReader.push() refuses compressed and too large messages before they arrive whole', () => {
  const compressed = Buffer.from([1, 0, 0, 0, 9])
  assert.throws(() => new MessageReader(10).push(compressed), /it is compressed/)
  const large = Buffer.from([0, 0, 0, 0, 11])
  assert.throws(() => new MessageReader(10).push(large), /it has 11 bytes, expected at most 10/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LargeResponses } from './large-responses.ts'

const MANY = 10_000

function stream() {
  return {
    resumed: 0,
    resume() {
      this.resumed++
    },
  }
}

test('LargeResponses.admit() lets eight go at a time and the next when one has landed', () => {
  const large = new LargeResponses(5000)
  const streams = Array.from({ length: 10 }, stream)
  const verdicts = streams.map(each => large.admit(each, MANY, 0))
  assert.deepEqual(verdicts, [...Array(8).fill('large'), 'wait', 'wait'])
  const [first, ...others] = streams
  if (first) large.release(first)
  // Nobody took the place at once, so everybody who waited was asked.
  assert.deepEqual(
    others.map(each => each.resumed),
    [0, 0, 0, 0, 0, 0, 0, 1, 1],
  )
})

test('LargeResponses.admit() never holds up a small response, nor a stream that has its turn', () => {
  const large = new LargeResponses(5000)
  const streams = Array.from({ length: 9 }, stream)
  for (const each of streams) large.admit(each, MANY, 0)
  const [first = stream()] = streams
  assert.equal(large.admit(stream(), 1, 0), 'small')
  assert.equal(large.admit(first, MANY, 0), 'large')
})

test('LargeResponses.admit() stops counting who has not answered for long', () => {
  const large = new LargeResponses(5000)
  for (let i = 0; i < 8; i++) large.admit(stream(), MANY, 0)
  assert.equal(large.admit(stream(), MANY, 4999), 'wait')
  assert.equal(large.admit(stream(), MANY, 5000), 'large')
})

test('LargeResponses.release() gives a turn back to nobody who is gone', () => {
  const large = new LargeResponses(5000)
  const streams = Array.from({ length: 9 }, stream)
  for (const each of streams) large.admit(each, MANY, 0)
  const [first = stream(), last = stream()] = [streams[0], streams[8]]
  large.release(last)
  large.release(first)
  assert.equal(last.resumed, 0)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Base64Reader } from './base64-reader.ts'

/** All of it, in pieces of `size`; undefined: refused. */
function read(text: string, size: number): string | undefined {
  const reader = new Base64Reader()
  let bytes = ''
  for (let i = 0; i < text.length; i += size) {
    const part = reader.read(Buffer.from(text.slice(i, i + size)))
    if (part === undefined) return undefined
    bytes += part.toString()
  }
  return reader.isIncomplete ? undefined : bytes
}

const PADDED = ['hello', 'a', 'gRPC-Web!'].map(text => Buffer.from(text).toString('base64')).join('')

test('Base64Reader.read() takes text however it is cut, with padding in its middle', () => {
  for (const size of [1, 2, 3, 4, 5, 7, 100]) assert.equal(read(PADDED, size), 'helloagRPC-Web!', `pieces of ${size}`)
  assert.equal(read('', 1), '')
})

test('Base64Reader.read() refuses what is no base64', () => {
  for (const text of ['????', 'aGVs*G8=', 'a', 'aGVsbG8', '=aaa', 'aa=a']) assert.equal(read(text, 3), undefined, text)
})

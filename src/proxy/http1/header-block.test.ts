/** HeaderBlock must behave as the plain HeaderList does, whatever is done to it, and write what it says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderList, type Headers } from '../http/headers.ts'
import { DEFAULT_HEAD_LIMITS } from './head-reader.ts'
import { headWriter } from './head-writer.ts'
import { lengthOf } from './header-block.ts'
import { RequestReader } from './request-reader.ts'

function read(...lines: string[]): Headers {
  const reader = new RequestReader(DEFAULT_HEAD_LIMITS)
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`, 'latin1')
  assert.equal(reader.read(bytes, 0), bytes.length)
  bytes.fill(0)
  return reader.headers
}

function list(headers: Headers): string[] {
  const all: string[] = []
  headers.forEach((name, value) => {
    all.push(`${name}: ${value}`)
  })
  return all
}

function wire(headers: Headers): string {
  headWriter.begin()
  headWriter.fields(headers, true)
  return headWriter.end().toString('latin1')
}

test('get() finds fields whatever their case, without the blanks around them', () => {
  const headers = read('Content-Type: \t text/plain \t', 'X-Empty:', 'X-Blank:   ', 'x-tight:v', 'X_Under: 1', 'X-9: 2')
  assert.equal(headers.get('content-type'), 'text/plain')
  assert.equal(headers.get('x-empty'), '')
  assert.equal(headers.get('x-blank'), '')
  assert.equal(headers.get('x-tight'), 'v')
  assert.equal(headers.get('x_under'), '1')
  assert.equal(headers.get('x-9'), '2')
  assert.equal(headers.get('x-8'), undefined)
  assert.equal(headers.get(''), undefined)
})

test('get() joins fields of one name, and tells names of the same length and ends apart', () => {
  const headers = read('Accept: a', 'Assert: b', 'ACCEPT: c')
  assert.equal(headers.get('accept'), 'a,c')
  assert.equal(headers.get('assert'), 'b')
  headers.add('accept', 'd')
  assert.equal(headers.get('accept'), 'a,c,d')
})

test('copyLines() keeps the bytes of untouched lines, blanks, case and all', () => {
  const headers = read('X-A:  one ', 'x-b:two', 'X-C: caf\xe9')
  assert.equal(wire(headers), 'X-A:  one \r\nx-b:two\r\nX-C: caf\xe9\r\n\r\n')
})

test('copyLines() leaves out what was removed: first, last, in between, all', () => {
  const fields = ['a: 1', 'b: 2', 'c: 3', 'd: 4']
  for (let mask = 0; mask < 16; mask++) {
    const headers = read(...fields)
    const left = fields.filter((field, i) => {
      if (mask & (1 << i)) headers.remove(field.charAt(0))
      return (mask & (1 << i)) === 0
    })
    assert.equal(wire(headers), [...left, '', ''].join('\r\n'))
    assert.deepEqual(list(headers), left)
  }
})

test('a head of 60 KB with many added fields is written whole', () => {
  const headers = read(`x-large: ${'y'.repeat(50_000)}`)
  for (let i = 0; i < 1000; i++) headers.add(`x-${i}`, 'z'.repeat(50))
  assert.equal(
    wire(headers).length,
    50_011 + Array.from({ length: 1000 }, (_, i) => `x-${i}: `.length + 52).reduce((a, b) => a + b) + 2,
  )
})

test('HeaderBlock does what HeaderList does, in any order of calls', () => {
  const names = ['x-a', 'x-b', 'accept', 'content-length', 'x-new']
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  for (let round = 0; round < 500; round++) {
    const block = read('X-A: 1', 'Accept: x', 'x-a: 2', 'X-B: 3')
    const plain = new HeaderList(['x-a', '1', 'accept', 'x', 'x-a', '2', 'x-b', '3'])
    for (let step = 0; step < 8; step++) {
      const name = names[random(names.length)] ?? ''
      const value = String(random(100))
      const what = random(3)
      for (const headers of [block, plain]) {
        if (what === 0) headers.set(name, value)
        else if (what === 1) headers.add(name, value)
        else headers.remove(name)
      }
      for (const other of names) {
        assert.equal(block.get(other), plain.get(other))
        assert.equal(block.has(other), plain.has(other))
      }
      assert.equal(lengthOf(block), lengthOf(plain))
      // The order among different names may differ, which means nothing (RFC 9110 section 5.3).
      assert.deepEqual(list(block).sort(), list(plain).sort())
    }
  }
})

for (const [value, length] of [
  ['12', 12],
  ['0', 0],
  ['', -1],
  ['-1', -1],
  ['1,1', -1],
  ['1e3', -1],
  ['99999999999999999999', -1],
] as const) {
  test(`lengthOf() is ${length} for content-length "${value}", of either kind`, () => {
    const block = read()
    block.set('content-length', value)
    assert.equal(lengthOf(block), length)
    assert.equal(lengthOf(new HeaderList(['content-length', value])), length)
  })
}

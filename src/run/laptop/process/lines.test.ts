import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineSplitter } from './lines.ts'

function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter(line => lines.push(line))
  for (const chunk of chunks) splitter.push(Buffer.from(chunk))
  splitter.end()
  return lines
}

test('LineSplitter joins what arrives in pieces and drops the line ends', () => {
  assert.deepEqual(split('a', 'b\nc\r\n', '\nlast'), ['ab', 'c', '', 'last'])
  assert.deepEqual(split('whole\n'), ['whole'])
})

test('LineSplitter joins a character whose bytes arrive apart', () => {
  const bytes = Buffer.from('é\n')
  assert.deepEqual(split(bytes.subarray(0, 1), bytes.subarray(1)), ['é'])
})

test('LineSplitter gives out a line without end in pieces', () => {
  assert.deepEqual(
    split('x'.repeat(40_000)).map(line => line.length),
    [16_384, 16_384, 7232],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitDocuments, splitList } from './split.ts'

const split = (text: string) => splitDocuments(text).map(piece => [piece.before, piece.text])

test('splitDocuments() cuts at lines that begin with three dashes, and counts the lines before', () => {
  assert.deepEqual(split('a: 1\n---\nb: 2\n--- # c\nc: 3\n'), [
    [0, 'a: 1\n'],
    [1, '---\nb: 2\n'],
    [3, '--- # c\nc: 3\n'],
  ])
})

test('splitDocuments() does not cut at dashes that are something else', () => {
  const text = 'a: |\n  ---\n  x\nb: ----\n----: c\n'
  assert.deepEqual(split(text), [[0, text]])
})

test('splitDocuments() keeps a directive with the document after it', () => {
  assert.deepEqual(
    split('%YAML 1.2\n# x\n---\na: 1\n...\n%YAML 1.2\n---\nb: 1\n').map(([before]) => before),
    [0, 4],
  )
})

test('splitDocuments() cuts where lines end with carriage returns', () => {
  assert.deepEqual(
    split('a: 1\r\n---\r\nb: 2\r\n').map(([before]) => before),
    [0, 1],
  )
})

/** A list long enough to be cut. */
function listText(indent: string, items: number, tail: string): string {
  const pad = `${indent}    note: ${'x'.repeat(1000)}\n`
  const item = (n: number) => `${indent}- kind: Service\n${indent}  metadata:\n${indent}    name: s${n}\n${pad}`
  return `apiVersion: v1\nkind: List\nitems:\n${Array.from({ length: items }, (_, n) => item(n)).join('')}${tail}`
}

for (const indent of ['', '  ']) {
  test(`splitList() gives each item in its columns when the list is indented by ${indent.length}`, () => {
    const text = listText(indent, 300, 'metadata:\n  resourceVersion: ""\n')
    const items = splitList({ text, before: 10 })
    assert.equal(items?.length, 300)
    assert.equal(items?.[1]?.before, 10 + 3 + 4)
    assert.ok(items?.[1]?.text.startsWith(`${indent}  kind: Service\n`))
    assert.ok(!items?.at(-1)?.text.includes('resourceVersion'))
  })
}

test('splitList() leaves alone what is short, or no List', () => {
  assert.equal(splitList({ text: listText('', 2, ''), before: 0 }), undefined)
  assert.equal(splitList({ text: listText('', 300, '').replace('kind: List', 'kind: Other'), before: 0 }), undefined)
})

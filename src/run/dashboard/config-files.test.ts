import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { ConfigFiles } from './config-files.ts'

const SECRETS = [
  'kind: Secret\napiVersion: v1\nmetadata:\n  name: a\nstringData:\n  key: |\n    -----BEGIN PRIVATE KEY-----\n    MARKER\n',
  'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: MARKER}\n',
  '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"x": "MARKER"}}\n',
  'apiVersion: v1\nkind: List\nitems:\n- kind: Secret\n  data:\n    x:\n      MARKER\n',
  'apiVersion: v1\nkind: "Secret"\nmetadata:\n  name: a\n  annotations:\n    last-applied: MARKER\n',
  'kind: Secret\ndata: [not: yaml\n  "MARKER\n',
]

test('ConfigFiles.read() shows nothing of what a Secret holds, however it is written, and moves no line behind it', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mizzen-config-files-'))
  try {
    const files = new ConfigFiles(['.'], directory)
    for (const secret of SECRETS) {
      const after = '---\nkind: ConfigMap\n'
      const before = secret + after
      writeFileSync(path.join(directory, 'a.yaml'), before)
      const { text, readOnly } = files.read('a.yaml')
      assert(!text.includes('MARKER'), text)
      assert.notEqual(readOnly, '')
      assert(text.endsWith(after))
      assert.equal(lineOf(text, 'ConfigMap'), Math.max(lineOf(before, 'ConfigMap'), lineOf(text, 'ConfigMap')), secret)
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('ConfigFiles.read() shows what only refers to a Secret', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mizzen-config-files-'))
  try {
    const gateway =
      'kind: Gateway\nspec:\n  listeners:\n    - tls:\n        certificateRefs:\n          - kind: Secret\n            name: a\n'
    writeFileSync(path.join(directory, 'a.yaml'), gateway)
    assert.deepEqual(
      [new ConfigFiles(['.'], directory).read('a.yaml')].map(({ text, readOnly }) => [text, readOnly]),
      [[gateway, '']],
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
})

function lineOf(text: string, word: string): number {
  return text.slice(0, text.indexOf(word)).split('\n').length
}

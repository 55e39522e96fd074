/** Each claim of SECURITY.md names the tests that prove it: they exist. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const repository = path.resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(repository, file), 'utf8')

test('SECURITY.md names a test that exists for each claim', () => {
  const rows = [...read('SECURITY.md').matchAll(/^\| (?!\|)(?!proved by)([^|]+) \| ([^|]*) \|$/gm)]
  assert(rows.length > 20, 'the tables are found')
  const missing = rows.flatMap(([, claim = '', proof = '']) => {
    const [, file = '', names = ''] = /^`([^`]+)` (.*)$/.exec(proof) ?? []
    if (file === '') return [`"${claim}" names no test`]
    // Names that are made for each engine end in its name.
    const text = read(file)
    return [...names.matchAll(/"([^"]+)"/g)].flatMap(([, name = '']) =>
      text.includes(name.replace(/ \(mizzen\)$/, '')) ? [] : [`${file} has no test "${name}"`],
    )
  })
  assert.deepEqual(missing, [])
})

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { pages } from './pages.ts'

const folder = path.resolve(import.meta.dirname, '../../docs/reference')

test('docs/reference is what the schemas say (node scripts/reference.ts writes it)', () => {
  const made = pages()
  assert.deepEqual(globSync('**/*.md', { cwd: folder }).sort(), [...made.keys()].sort())
  for (const [name, text] of made) assert.equal(readFileSync(path.join(folder, name), 'utf8'), text, name)
})

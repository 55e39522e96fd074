/** Writes docs/reference from the schemas of the kinds. usage: node scripts/reference.ts */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pages } from './reference/pages.ts'

const folder = path.resolve(import.meta.dirname, '../docs/reference')
rmSync(folder, { recursive: true, force: true })
for (const [name, text] of pages()) {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
}

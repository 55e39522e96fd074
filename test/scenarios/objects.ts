/** Rows and topology as typed objects; what does not validate is a fault of the table. */
import type { AnyObject } from '../../src/api/registry.ts'
import { objectsOf, readContents } from '../../src/source/files/contents.ts'

/** @throws naming the lines that are wrong */
export async function parseObjects(name: string, text: string): Promise<AnyObject[]> {
  const contents = await readContents(name, text, false)
  const errors = contents.documents.flatMap(document => document.diagnostics).filter(each => each.level === 'error')
  if (errors.length > 0) throw new Error(errors.map(each => `${each.file}:${each.line}: ${each.message}`).join('\n'))
  return objectsOf(contents)
}

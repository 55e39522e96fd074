/** Reads objects for tests that compile: from YAML text, through the same parsing and validation as files. */
import type { Objects } from '../../src/compile/objects.ts'
import { readState } from '../../src/source/files/file-state.ts'
import { Store } from '../../src/source/store.ts'

export interface ReadObjects {
  readonly objects: Objects
  /** What was wrong in the text itself, as lines. */
  readonly problems: readonly string[]
}

/** @param texts file name -> YAML */
export async function readObjects(texts: Readonly<Record<string, string>>): Promise<ReadObjects> {
  const store = new Store()
  const problems: string[] = []
  const all = []
  for (const [file, text] of Object.entries(texts)) {
    const state = await readState(file, text, false)
    all.push(...state.objects)
    for (const { level, line, message } of state.diagnostics) if (level === 'error') problems.push(`${file}:${line}: ${message}`)
  }
  store.source().publish(all)
  return { objects: store.snapshot().objects, problems }
}

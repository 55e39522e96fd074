/** Reading files once, object by object, for commands that judge what is written and apply nothing. */
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import type { Diagnostic } from '../diagnostic.ts'
import { readContents } from './contents.ts'
import type { ReadDocument } from './document.ts'
import { STDIN } from './file-source.ts'
import { unreadableState } from './file-state.ts'
import { listFiles } from './tree.ts'

export interface Documents {
  /** In the order of the paths' names, then of the text. */
  readonly documents: readonly ReadDocument[]
  /** What could not be read at all. */
  readonly problems: readonly Diagnostic[]
}

/**
 * Documents keep their value and text, for what is to be said about those that are not sound.
 * @param paths of files and directories as typed; "-" is standard input. Does not reject for what is wrong with a file.
 */
export async function readDocuments(paths: readonly string[], cwd: string, stdin: Readable): Promise<Documents> {
  const tree = listFiles(
    paths.filter(path => path !== STDIN),
    cwd,
  )
  const documents: ReadDocument[] = []
  const problems: Diagnostic[] = [...tree.problems]
  if (paths.includes(STDIN)) documents.push(...(await readContents(STDIN, await textOf(stdin), false, undefined, true)).documents)
  for (const { file, path, found } of tree.files) {
    try {
      documents.push(...(await readContents(file, await readFile(path, 'utf8'), found, undefined, true)).documents)
    } catch (error) {
      problems.push(...unreadableState(file, error instanceof Error ? error.message : String(error)).diagnostics)
    }
  }
  return { documents, problems }
}

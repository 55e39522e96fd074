/** What one file contributes: its objects, or its last good ones while an edit of it is not in order. */
import type { AnyObject } from '../../api/registry.ts'
import { aboutFile, type Diagnostic } from '../diagnostic.ts'
import { type Contents, hasErrors, objectsOf, readContents } from './contents.ts'

export interface FileState {
  readonly contents: Contents | undefined
  /** In effect. */
  readonly objects: readonly AnyObject[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * @param found in a directory, not named by the user
 * @param last of the same file, if it was there
 * @returns never rejects: what is wrong stands in the diagnostics
 */
export async function readState(file: string, text: string, found: boolean, last?: FileState): Promise<FileState> {
  const contents = await readContents(file, text, found, last?.contents)
  const diagnostics = contents.documents.flatMap(document => document.diagnostics)
  if (!hasErrors(contents)) return { contents, objects: objectsOf(contents), diagnostics }
  if (last && last.objects.length > 0) {
    const effect = `the last good version of ${file} keeps serving`
    return { contents, objects: last.objects, diagnostics: diagnostics.map(each => withEffect(each, effect)) }
  }
  return {
    contents,
    objects: objectsOf(contents),
    diagnostics: diagnostics.map(each => withEffect(each, 'the object is left out')),
  }
}

/** The file is there and cannot be read. */
export function unreadableState(file: string, reason: string, last?: FileState): FileState {
  const diagnostic = aboutFile(file, 'error', 'file-unreadable', `Cannot read "${file}": ${reason}`)
  const objects = last?.objects ?? []
  const effect = objects.length > 0 ? `the last good version of ${file} keeps serving` : undefined
  return { contents: last?.contents, objects, diagnostics: [{ ...diagnostic, effect }] }
}

function withEffect(diagnostic: Diagnostic, effect: string): Diagnostic {
  return diagnostic.level === 'error' ? { ...diagnostic, effect } : diagnostic
}

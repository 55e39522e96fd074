/** What a source has to tell the user about what it read: errors (the last good version keeps serving), warnings, remarks. */
import { type Origin, type Position, pathText } from '../api/object.ts'
import type { Reading } from '../api/read.ts'

export interface Diagnostic {
  /** Stable, for machines: "yaml-syntax", "unknown-field", "duplicate-object"... */
  readonly code: string
  readonly level: 'error' | 'warning' | 'info'
  /** One sentence, without place and level. */
  readonly message: string
  /** "VirtualService shop/catalog"; '' when it is about a file as a whole. */
  readonly resource: string
  /** As the user typed it; '' when no file is concerned. */
  readonly file: string
  /** From 1; 0 when it is about the file as a whole. */
  readonly line: number
  readonly column: number
  /** What to write instead, where that is known. */
  readonly fix: string | undefined
  /** What the error means for what is running: "the last good version of this file keeps serving". */
  readonly effect?: string | undefined
  /** The line of the file, for an excerpt; undefined when it is not to be shown (a Secret) or not at hand. */
  readonly excerpt: string | undefined
}

/** A diagnostic about a file as a whole. */
export function aboutFile(file: string, level: Diagnostic['level'], code: string, message: string): Diagnostic {
  return { code, level, message, resource: '', file, line: 0, column: 0, fix: undefined, excerpt: undefined }
}

/** The findings of one document, each with its place. @param lineText gives the text of a line, for the excerpt */
export function diagnosticsOf(reading: Reading, origin: Origin, lineText: (line: number) => string | undefined): Diagnostic[] {
  const shown = reading.id === 'Secret' ? () => undefined : lineText
  const found = reading.findings.map(({ level, code, path, message, fix }): Diagnostic => {
    const place = origin.lineAt(path)
    const where = pathText(path)
    return at(place, { level, code, message: where === '' ? message : `${where}: ${message}`, fix })
  })
  if (reading.unused !== undefined && reading.object) {
    found.push(at(origin, { level: 'info', code: 'kind-not-used', message: reading.unused, fix: undefined }))
  }
  return found

  function at(place: Position, rest: Pick<Diagnostic, 'level' | 'code' | 'message' | 'fix'>): Diagnostic {
    return {
      ...rest,
      resource: reading.resource,
      file: origin.file,
      line: place.line,
      column: place.column,
      excerpt: shown(place.line),
    }
  }
}

/** What is wrong between objects: each is valid by itself, but refers to nothing or contradicts another. Nothing stops because of it. */
import type { ObjectHead, Path } from '../api/object.ts'
import { resourceName } from '../api/object.ts'
import { compareText } from '../model/age.ts'

/** The form that src/source reports in, so that both can be shown in one list. */
export interface Diagnostic {
  /** Istio's code where it has one for this ("IST0101"). */
  readonly code: string
  readonly level: 'error' | 'warning' | 'info'
  readonly message: string
  /** "VirtualService shop/catalog" */
  readonly resource: string
  readonly file: string
  readonly line: number
  readonly column: number
  /** What to write instead, where that is known. */
  readonly fix: string | undefined
  /** What it means for what is running: "requests get 503". */
  readonly effect: string | undefined
  /** No excerpt of the file here: it is not at hand. */
  readonly excerpt: undefined
}

export interface Problem {
  readonly code: string
  readonly level: Diagnostic['level']
  readonly message: string
  readonly fix?: string | undefined
  readonly effect?: string | undefined
}

/** @param path the part of the object that is wrong, from its root */
export function diagnostic(object: ObjectHead, path: Path, problem: Problem): Diagnostic {
  const { code, level, message, fix, effect } = problem
  const { line, column } = object.origin.lineAt(path)
  const where = { resource: resourceName(object), file: object.origin.file, line, column }
  return { code, level, message, ...where, fix, effect, excerpt: undefined }
}

export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.code, b.code) ||
    compareText(a.resource, b.resource) ||
    compareText(a.message, b.message)
  )
}

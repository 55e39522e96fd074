/** What a text held: a value, nothing (only comments), or why it cannot be read. Lines count from the beginning of the text. */
import type { Path, Position } from '../../api/object.ts'
import type { Positions } from './positions.ts'

export interface Problem {
  readonly form: 'problem'
  readonly code: string
  readonly message: string
  readonly fix: string | undefined
  readonly at: Position
}

/** A key that a map has twice: the value has what came last. */
export interface Duplicate {
  /** Of the map. */
  readonly path: Path
  readonly key: string
  /** Of the later key. */
  readonly at: Position
  /** What came before, where that is a plain value. */
  readonly earlier: unknown
}

export interface ParsedValue {
  readonly form: 'value'
  readonly value: unknown
  readonly positions: Positions
  readonly duplicates: readonly Duplicate[]
}

export type Parsed = ParsedValue | { readonly form: 'nothing' } | Problem

export function problem(at: Position, code: string, message: string, fix?: string): Problem {
  return { form: 'problem', code, message, fix, at }
}

/** What a text held: a value, nothing (only comments), or why it cannot be read. Lines count from the beginning of the text. */
import type { Position } from '../../api/object.ts'
import type { Positions } from './positions.ts'

export interface Problem {
  readonly form: 'problem'
  readonly code: string
  readonly message: string
  readonly fix: string | undefined
  readonly at: Position
}

export type Parsed =
  | { readonly form: 'value'; readonly value: unknown; readonly positions: Positions }
  | { readonly form: 'nothing' }
  | Problem

export function problem(at: Position, code: string, message: string, fix?: string): Problem {
  return { form: 'problem', code, message, fix, at }
}

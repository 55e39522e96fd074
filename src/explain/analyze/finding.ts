/** What an analyzer says, and what a message of `mizzen analyze` is. */
import { CODES, type Code, type Level } from './codes.ts'
import type { Part } from './resource.ts'

export interface Message {
  readonly code: Code
  readonly level: Level
  /** "VirtualService shop/catalog", "Namespace shop"; '' when a text could not even be read as an object. */
  readonly resource: string
  readonly message: string
  readonly file: string
  readonly line: number
  /** One sentence: what to do. */
  readonly fix: string
  /** A document that is valid, where the one at hand can be repaired. */
  readonly corrected?: string | undefined
}

/** A message before its place is written out. Two findings with one code, resource and message are one. */
export interface Finding {
  readonly code: Code
  readonly part: Part
  readonly message: string
  readonly fix: string
}

export function finding(code: Code, part: Part, message: string, fix: string): Finding {
  return { code, part, message, fix }
}

export function messageOf({ code, part, message, fix }: Finding): Message {
  const { origin, title } = part.of
  const { line } = origin.lineAt(part.path)
  return { code, level: CODES[code].level, resource: title, message, file: origin.file, line, fix }
}

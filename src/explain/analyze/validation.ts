/** What reading found wrong with each document by itself, as messages: the same that `mizzen validate` says. */
import { kinds } from '../../api/registry.ts'
import type { Diagnostic } from '../../source/diagnostic.ts'
import type { ReadDocument } from '../../source/files/document.ts'
import { CODES, type Code, isCode } from './codes.ts'
import type { Message } from './finding.ts'
import { Resource } from './resource.ts'
import { isSuppressedBy } from './suppression.ts'

export const VALIDATION = {
  name: 'schema.ValidationAnalyzer',
  description: 'each document can be read and is a valid object',
} as const

export function validationMessages(documents: readonly ReadDocument[]): Message[] {
  return documents.flatMap(document => {
    const resource = new Resource(document.value, document.origin)
    return document.diagnostics.flatMap(diagnostic => {
      const code = codeOf(diagnostic, document)
      return code === undefined || isSuppressedBy(resource, code) ? [] : [messageOf(code, diagnostic)]
    })
  })
}

/** A file that cannot be read at all. */
export function unreadable(problem: Diagnostic): Message {
  return messageOf('MZ0001', problem)
}

function codeOf({ code, level, fix }: Diagnostic, { reading }: ReadDocument): Code | undefined {
  if (isCode(code)) return code
  if (level === 'info') return undefined
  // A kind of somebody else's is sound; one that looks like a kind of ours is a mistake.
  if (code === 'unknown-kind') return fix === undefined ? undefined : 'MZ0003'
  if (reading === undefined || code === 'not-an-object' || code === 'helm-template') return 'MZ0001'
  const strict = reading.id === undefined || kinds[reading.id].strict
  if (level === 'error') return strict ? 'IST0106' : 'MZ0002'
  return 'IST0133'
}

function messageOf(code: Code, { message, resource, file, line, fix }: Diagnostic): Message {
  return { code, level: CODES[code].level, resource, message, file, line, fix: fix ?? 'correct it as the message says' }
}

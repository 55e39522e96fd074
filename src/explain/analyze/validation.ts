/** What reading found wrong with each document by itself, as messages: the same that `mizzen validate` says. */
import { kinds } from '../../api/registry.ts'
import type { Diagnostic } from '../../source/diagnostic.ts'
import type { ReadDocument } from '../../source/files/document.ts'
import { type Helped, help } from '../repair/repair.ts'
import { CODES, type Code, isCode } from './codes.ts'
import type { Message } from './finding.ts'
import { Resource } from './resource.ts'
import { isSuppressedBy } from './suppression.ts'

export const VALIDATION = {
  name: 'schema.ValidationAnalyzer',
  description: 'each document can be read and is a valid object',
  codes: ['IST0106', 'IST0130', 'IST0131', 'IST0133', 'MZ0001', 'MZ0002', 'MZ0003'],
} as const satisfies { readonly codes: readonly Code[] } & Readonly<Record<string, unknown>>

/** The last message about a document carries what it should be, where that is known. */
export function validationMessages(documents: readonly ReadDocument[]): Message[] {
  return documents.map(help).flatMap(document => {
    const resource = new Resource(document.value, document.origin)
    const messages = document.diagnostics.flatMap(diagnostic => {
      const code = codeOf(diagnostic, document)
      if (code === undefined || isSuppressedBy(resource, code)) return []
      const advice =
        document.corrected === undefined ? 'correct it as the message says' : 'write it as the corrected document does'
      return [messageOf(code, diagnostic, advice)]
    })
    return messages.map((message, i) => (i === messages.length - 1 ? { ...message, corrected: document.corrected } : message))
  })
}

/** A file that cannot be read at all. */
export function unreadable(problem: Diagnostic): Message {
  return messageOf('MZ0001', problem, 'correct the path, or what it leads to')
}

function codeOf({ code, level, fix }: Diagnostic, { reading }: Helped): Code | undefined {
  if (isCode(code)) return code
  if (level === 'info') return undefined
  // A kind of somebody else's is sound; one that looks like a kind of ours is a mistake.
  if (code === 'unknown-kind') return fix === undefined ? undefined : 'MZ0003'
  if (reading === undefined || code === 'not-an-object' || code === 'helm-template' || code === 'duplicate-key') return 'MZ0001'
  const strict = reading.id === undefined || kinds[reading.id].strict
  if (level === 'error') return strict ? 'IST0106' : 'MZ0002'
  return 'IST0133'
}

/** @param advice where nothing better is known */
function messageOf(code: Code, { message, resource, file, line, fix }: Diagnostic, advice: string): Message {
  return { code, level: CODES[code].level, resource, message, file, line, fix: fix ?? advice }
}

/** What the control plane says when it compiles the objects, as far as no analyzer says it. */

import type { Diagnostic } from '../../compile/diagnostic.ts'
import { compile } from '../../compile/mesh.ts'
import type { ReadDocument } from '../../source/files/document.ts'
import { Store } from '../../source/store.ts'
import { CODES, type Code, isCode } from './codes.ts'
import type { Message } from './finding.ts'

export const COMPILATION = {
  name: 'mizzen.CompileAnalyzer',
  description: 'the control plane can do what the objects ask',
  codes: ['IST0101', 'MZ0004', 'MZ0005', 'MZ0006'],
} as const satisfies { readonly codes: readonly Code[] } & Readonly<Record<string, unknown>>

export function compiledMessages(documents: readonly ReadDocument[]): Message[] {
  const store = new Store()
  store.source().publish(documents.flatMap(({ reading }) => reading?.object ?? []))
  const { diagnostics } = compile(store.snapshot().objects)
  return diagnostics.flatMap(diagnostic => {
    const code = codeOf(diagnostic)
    if (code === undefined) return []
    const { message, effect, resource, file, line, fix } = diagnostic
    const text = effect === undefined ? message : `${message}; ${effect}`
    return [
      {
        code,
        level: CODES[code].level,
        resource,
        message: text,
        file,
        line,
        fix: fix ?? FIXES[code] ?? 'correct it as the message says',
      },
    ]
  })
}

const FIXES: Partial<Record<Code, string>> = {
  MZ0004: 'leave the field out: nothing of it happens',
}

/** Codes of Istio's are the analyzers', but for kinds that these do not look at. */
function codeOf({ code, resource, level }: Diagnostic): Code | undefined {
  if (code === 'not-yet') return 'MZ0004'
  if (code === 'mesh-config') return 'MZ0005'
  if (isCode(code)) return /^(?:VirtualService|DestinationRule|Gateway|Sidecar) /.test(resource) ? undefined : code
  return level === 'info' ? undefined : 'MZ0006'
}

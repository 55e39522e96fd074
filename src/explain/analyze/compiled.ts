/** What the control plane says when it compiles the objects, as far as no analyzer says it. */

import type { Diagnostic } from '../../compile/diagnostic.ts'
import { compile } from '../../compile/mesh.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { ReadDocument } from '../../source/files/document.ts'
import { Store } from '../../source/store.ts'
import { CODES, type Code, isCode } from './codes.ts'
import type { Message } from './finding.ts'
import { isSuppressedBy } from './suppression.ts'

export const COMPILATION = {
  name: 'mizzen.CompileAnalyzer',
  description: 'the control plane can do what the objects ask',
  codes: ['IST0101', 'MZ0004', 'MZ0005', 'MZ0006', 'MZ0201', 'MZ0202'],
} as const satisfies { readonly codes: readonly Code[] } & Readonly<Record<string, unknown>>

/** @param settings of --mesh-config; undefined: what the ConfigMap among the documents says */
export function compiledMessages(documents: readonly ReadDocument[], settings?: MeshSettings): Message[] {
  const store = new Store()
  store.source().publish(documents.flatMap(({ reading }) => reading?.object ?? []))
  const { objects } = store.snapshot()
  // The file stands in place of the ConfigMap, as for the analyzers.
  const { diagnostics } = settings
    ? compile({ ...objects, ConfigMap: objects.ConfigMap.filter(each => each.name !== 'istio') }, { settings })
    : compile(objects)
  const quiet = new Map(
    documents.flatMap(({ reading }) => (reading?.object ? [[reading.resource, reading.object] as const] : [])),
  )
  return diagnostics.flatMap(diagnostic => {
    const code = codeOf(diagnostic)
    const object = quiet.get(diagnostic.resource)
    if (code === undefined || (object && isSuppressedBy(object, code))) return []
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
  if (code.startsWith('MZ')) return isCode(code) ? code : undefined
  if (isCode(code)) return /^(?:VirtualService|DestinationRule|Gateway|Sidecar) /.test(resource) ? undefined : code
  return level === 'info' ? undefined : 'MZ0006'
}

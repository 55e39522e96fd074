/** What the control plane says when it compiles the objects, as far as no analyzer says it. */

import type { Diagnostic } from '../../compile/diagnostic.ts'
import { compile } from '../../compile/mesh.ts'
import type { Origin } from '../../model/origin.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { ReadDocument } from '../../source/files/document.ts'
import { Store } from '../../source/store.ts'
import { withHypotheticalPods } from '../hypothetical-pods.ts'
import { CODES, type Code, isCode } from './codes.ts'
import type { Message } from './finding.ts'
import { ineffectivePatches } from './ineffective-patches.ts'
import { isSuppressedBy } from './suppression.ts'

export const COMPILATION = {
  name: 'mizzen.CompileAnalyzer',
  description: 'the control plane can do what the objects ask',
  codes: ['IST0101', 'MZ0004', 'MZ0005', 'MZ0006', 'MZ0013', 'MZ0201', 'MZ0202'],
} as const satisfies { readonly codes: readonly Code[] } & Readonly<Record<string, unknown>>

/** @param settings of --mesh-config; undefined: what the ConfigMap among the documents says */
export function compiledMessages(documents: readonly ReadDocument[], settings?: MeshSettings): Message[] {
  const store = new Store()
  store.source().publish(documents.flatMap(({ reading }) => reading?.object ?? []))
  const { objects } = store.snapshot()
  // The file stands in place of the ConfigMap, as for the analyzers.
  const meant = settings ? { ...objects, ConfigMap: objects.ConfigMap.filter(each => each.name !== 'istio') } : objects
  const options = settings ? { settings } : {}
  const { diagnostics } = compile(meant, options)
  const quiet = new Map(
    documents.flatMap(({ reading }) => (reading?.object ? [[reading.resource, reading.object] as const] : [])),
  )
  const patches = ineffectivePatches(compile(withHypotheticalPods(meant), options).mesh).flatMap(({ origin }) => {
    const object = quiet.get(origin.object)
    return object && isSuppressedBy(object, 'MZ0013') ? [] : [patchMessage(origin)]
  })
  const told = diagnostics.flatMap((diagnostic): Message[] => {
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
  return [...told, ...patches]
}

function patchMessage({ object, rule, file, line }: Origin): Message {
  return {
    code: 'MZ0013',
    level: CODES.MZ0013.level,
    resource: object,
    message: `${rule} changes nothing in any of the proxies that it is for: what it matches is not there, or is as it says already`,
    file,
    line,
    fix: 'compare its match with what "mizzen xds" prints for such a proxy',
  }
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

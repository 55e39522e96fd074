/**
 * What listeners carry for the sake of who asks why something was denied: where the rules stand that are enforced there, and who is told the ids of
 * decisions. Only for proxies that ask for it: Envoy would replace the listener, connections and all, whenever a line moves.
 */
import { type AccessPolicy, ruleName } from '../../model/access-policy.ts'
import type { Origin } from '../../model/origin.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import type { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import { NOBODY_TO_ASK } from './ext-authz.ts'
import { providerName } from './jwt.ts'
import { OWN } from './origin-metadata.ts'
import type { Security } from './security.ts'

/**
 * Among the environment of proxies (ProxyConfig's proxyMetadata or environmentVariables): callers that are told the id of a decision that denies them, as
 * "namespace/serviceaccount" with commas between; "*" for either part, or alone for everybody. @default nobody
 */
export const TELL_DECISIONS = 'MIZZEN_TELL_DECISIONS'

/** The listeners themselves where there is nothing to note. */
export function withDenialNotes(listeners: readonly Listener[], security: Security, proxy: MeshProxy): readonly Listener[] {
  if (!proxy.denialNotes || (security.access.length === 0 && security.tokens.length === 0)) return listeners
  const tell = (security.settings.proxyDefaults.metadata?.[TELL_DECISIONS] ?? '').split(',').flatMap(name => name.trim() || [])
  const rules = Object.fromEntries([
    ...security.access.flatMap(rulesOf),
    ...security.tokens.map(({ origin }, index) => [providerName(index), note(origin)] as const),
  ])
  const notes = { rules, ...(tell.length > 0 && { tell }) }
  return listeners.map(listener => {
    const filterMetadata = listener.metadata?.filterMetadata ?? {}
    return {
      ...listener,
      metadata: {
        typedFilterMetadata: listener.metadata?.typedFilterMetadata ?? {},
        filterMetadata: { ...filterMetadata, [OWN]: { ...filterMetadata[OWN], ...notes } },
      },
    }
  })
}

/** A rule whose authorizer cannot be asked denies by another name. */
function rulesOf(policy: AccessPolicy): (readonly [name: string, note: object])[] {
  const notes = notesOf(policy)
  const denying = policy.action === 'custom' ? notes.map(([name, note]) => [`${name}${NOBODY_TO_ASK}`, note] as const) : []
  return [...notes, ...denying]
}

function notesOf(policy: AccessPolicy): (readonly [name: string, note: object])[] {
  if (policy.rules.length === 0) return [[ruleName(policy, 0), note(policy.origin)]]
  return policy.rules.map(({ origin, from, to, when }, index) => {
    const fields = [...from, ...to, when].flat().map(({ field, origin: { line } }) => [field, line] as const)
    return [ruleName(policy, index), { ...note(origin), lines: Object.fromEntries(fields.reverse()) }]
  })
}

function note({ object, rule, file, line }: Origin): object {
  return { origin: object, rule, file, line }
}

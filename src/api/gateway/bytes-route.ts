/** What TLSRoute, TCPRoute and UDPRoute have in common: rules without conditions, and shares of connections. */
import { type Static, Type } from 'typebox'
import type { Findings } from '../findings.ts'
import { message } from '../schema/message.ts'
import { checkBackend, checkParents } from './parent-rules.ts'
import { BackendRef, commonRouteFields, type ParentReference } from './references.ts'
import { sectionName } from './values.ts'

export const BytesRule = message(
  { name: sectionName() },
  {
    backendRefs: Type.Array(BackendRef, {
      minItems: 1,
      maxItems: 16,
      description: 'by weight; those that do not exist refuse their share',
    }),
  },
)
export type BytesRule = Static<typeof BytesRule>

export const bytesRules = Type.Array(BytesRule, {
  minItems: 1,
  maxItems: 16,
  description: 'one; the alpha versions had up to 16',
})

/** Spec of TCPRoute and UDPRoute. */
export const BytesRouteSpec = message(commonRouteFields, { rules: bytesRules })
export type BytesRouteSpec = Static<typeof BytesRouteSpec>

interface BytesSpec {
  readonly parentRefs?: readonly ParentReference[]
  readonly rules: readonly BytesRule[]
}

/** @param apiVersion from v1 on there is one rule */
export function checkBytesRoute(spec: BytesSpec, apiVersion: string, findings: Findings): void {
  checkParents(spec.parentRefs, findings.at('parentRefs'))
  if (apiVersion.endsWith('/v1') && spec.rules.length > 1)
    findings.at('rules').error(`there are ${spec.rules.length} rules: expected one, as nothing tells which is meant`)
  for (const [index, rule] of spec.rules.entries())
    for (const [i, backend] of rule.backendRefs.entries()) checkBackend(backend, findings.at('rules', index, 'backendRefs', i))
}

/** The head of every object: kind, names, labels, annotations, age. */
import { type Static, Type } from 'typebox'
import type { Findings } from './findings.ts'
import type { Kind } from './kind.ts'
import { mapOf, openMessage } from './schema/message.ts'
import { checkNamespaceName, checkObjectName } from './values/dns.ts'

export const Metadata = openMessage({
  name: Type.String(),
  namespace: Type.String(),
  labels: mapOf(Type.String()),
  annotations: mapOf(Type.String()),
  creationTimestamp: Type.String({ description: 'RFC 3339; decides which of two competing objects is older' }),
  uid: Type.String(),
  generation: Type.Integer({ description: 'counts the changes of the spec; set by the API server' }),
})
export type Metadata = Static<typeof Metadata>

/** @param findings at `metadata` */
export function checkMetadata(metadata: Metadata, kind: Pick<Kind, 'kind' | 'scope'>, findings: Findings): void {
  if (metadata.name === undefined || metadata.name === '')
    findings.error('"name" is missing: expected a name', { code: 'missing-field' })
  else if (kind.kind === 'Namespace') findings.at('name').check(checkNamespaceName(metadata.name))
  else findings.at('name').check(checkObjectName(metadata.name))
  if (metadata.namespace === undefined || metadata.namespace === '') return
  if (kind.scope === 'namespaced') findings.at('namespace').check(checkNamespaceName(metadata.namespace))
  else findings.at('namespace').warning(`a ${kind.kind} belongs to no namespace: "${metadata.namespace}" is ignored`)
}

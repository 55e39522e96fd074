/** Rules that the CRDs of all route kinds share. */
import type { Findings } from '../findings.ts'
import type { BackendObjectReference, ParentReference } from './references.ts'
import { GATEWAY_GROUP } from './values.ts'

/**
 * References to one parent must differ in section or port, and where one says a section (or a port), all of them must.
 *
 * @param findings at `spec.parentRefs`
 */
export function checkParents(parents: readonly ParentReference[] | undefined, findings: Findings): void {
  const byParent = new Map<string, ParentReference[]>()
  for (const [index, reference] of (parents ?? []).entries()) {
    const { group = GATEWAY_GROUP, kind = 'Gateway', namespace = '', name, sectionName, port } = reference
    const key = JSON.stringify([group, kind, namespace, name])
    const others = byParent.get(key) ?? []
    if (others.some(other => other.sectionName === sectionName && other.port === port))
      findings.at(index).error(`"${name}" is named twice: expected each reference to it to have another sectionName or port`)
    else if (others.some(other => !other.sectionName !== !sectionName || !other.port !== !port))
      findings
        .at(index)
        .error(`"${name}" is named twice, with and without a section: expected a sectionName (or a port) for each`)
    byParent.set(key, [...others, reference])
  }
}

/** @param findings at the reference */
export function checkBackend(ref: BackendObjectReference, findings: Findings): void {
  if ((ref.group ?? '') === '' && (ref.kind ?? 'Service') === 'Service' && ref.port === undefined)
    findings.error(`"port" is missing: expected one of the ports of Service "${ref.name}"`, { code: 'missing-field' })
}

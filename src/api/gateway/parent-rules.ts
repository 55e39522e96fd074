/** Rules that the CRDs of all route kinds share. */
import type { Findings } from '../findings.ts'
import type { BackendObjectReference, ParentReference } from './references.ts'

/** References to one parent must differ in section or port. @param findings at `spec.parentRefs` */
export function checkParents(parents: readonly ParentReference[] | undefined, findings: Findings): void {
  const seen = new Set<string>()
  for (const [index, { group, kind, namespace, name, sectionName, port }] of (parents ?? []).entries()) {
    const key = JSON.stringify([group ?? '', kind ?? '', namespace ?? '', name, sectionName ?? '', port ?? 0])
    if (seen.has(key))
      findings.at(index).error(`"${name}" is named twice: expected each reference to it to have another sectionName or port`)
    seen.add(key)
  }
}

/** @param findings at the reference */
export function checkBackend(ref: BackendObjectReference, findings: Findings): void {
  if ((ref.group ?? '') === '' && (ref.kind ?? 'Service') === 'Service' && ref.port === undefined)
    findings.error(`"port" is missing: expected one of the ports of Service "${ref.name}"`, { code: 'missing-field' })
}

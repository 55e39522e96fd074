/** Rules for BackendTLSPolicy, as its CRD has them. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import type { BackendTlsPolicySpec } from './schema.ts'

export function validateBackendTlsPolicy(
  { spec }: ConfigObject<'BackendTLSPolicy', string, BackendTlsPolicySpec>,
  findings: Findings,
): void {
  const at = findings.at('spec')
  const sections = new Map<string, string[]>()
  for (const [index, { group, kind, name, sectionName = '' }] of spec.targetRefs.entries()) {
    const key = JSON.stringify([group, kind, name])
    const others = sections.get(key) ?? []
    if (others.includes(sectionName) || others.some(other => (other === '') !== (sectionName === '')))
      at.at('targetRefs', index).error(`${kind} "${name}" is named twice: expected a sectionName for each, and another one`)
    sections.set(key, [...others, sectionName])
  }
  const { caCertificateRefs = [], wellKnownCACertificates, subjectAltNames = [] } = spec.validation
  if (caCertificateRefs.length > 0 && wellKnownCACertificates)
    at.at('validation').error('it has both caCertificateRefs and wellKnownCACertificates: expected one of them')
  if (caCertificateRefs.length === 0 && !wellKnownCACertificates)
    at.at('validation').error('it names no authority: expected caCertificateRefs or wellKnownCACertificates', {
      code: 'missing-field',
    })
  for (const [index, { type, hostname, uri }] of subjectAltNames.entries()) {
    const atName = at.at('validation', 'subjectAltNames', index)
    if ((type === 'Hostname') !== (hostname !== undefined))
      atName.error(type === 'Hostname' ? '"hostname" is missing: type Hostname needs it' : 'type URI takes no "hostname"')
    if ((type === 'URI') !== (uri !== undefined))
      atName.error(type === 'URI' ? '"uri" is missing: type URI needs it' : 'type Hostname takes no "uri"')
  }
}

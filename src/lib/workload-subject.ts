/**
 * The subject of a workload's certificate: who the workload is besides its SPIFFE id, for telemetry of the other side. One OU a field, as
 * "workload~cart-v1"; the separator is one that RFC 2253 does not escape, and no name or label in Kubernetes has it.
 */

/** As Istio's labels call them, without source_ and destination_. */
export interface PeerFields {
  readonly workload: string
  readonly namespace: string
  readonly canonical_service: string
  readonly canonical_revision: string
  readonly app: string
  readonly version: string
  readonly cluster: string
}

export const PEER_FIELDS = [
  'workload',
  'namespace',
  'canonical_service',
  'canonical_revision',
  'app',
  'version',
  'cluster',
] as const satisfies readonly (keyof PeerFields)[]

/** The OUs of a workload, in a fixed order; fields that are empty, or have characters names don't have, are left out. */
export function subjectUnits(fields: Partial<PeerFields>): string[] {
  return PEER_FIELDS.flatMap(name => {
    const value = fields[name]
    return value !== undefined && /^[\w.-]+$/.test(value) ? [`${name}~${value}`] : []
  })
}

/** @param subject as RFC 2253 writes it; what is not of this form is passed over */
export function readSubject(subject: string): Partial<PeerFields> {
  const found: Record<string, string> = {}
  for (const [, name = '', value = ''] of subject.matchAll(/(?:^|[,+])OU=([a-z_]+)~([\w.-]+)(?=$|[,+])/g)) found[name] ??= value
  return Object.fromEntries(PEER_FIELDS.flatMap(name => (found[name] === undefined ? [] : [[name, found[name]]])))
}

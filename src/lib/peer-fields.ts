/**
 * Who a workload is, for telemetry of the other side: the fields, and the forms in which they travel. With the endpoint as one text (Istio's form,
 * and two fields more), with the caller as the subject of its certificate, one OU a field. Their separators are none that RFC 2253 escapes, and no
 * name or label in Kubernetes has them.
 */

/** As Istio's labels call them, without source_ and destination_. Absent: not known. */
export interface PeerFields {
  readonly workload: string
  readonly namespace: string
  readonly canonical_service: string
  readonly canonical_revision: string
  readonly app: string
  readonly version: string
  readonly cluster: string
}

/** In the order of the text form: Istio's five first. */
const FIELDS = [
  'workload',
  'namespace',
  'canonical_service',
  'canonical_revision',
  'cluster',
  'app',
  'version',
] as const satisfies readonly (keyof PeerFields)[]
export const PEER_FIELDS: readonly (keyof PeerFields)[] = FIELDS

export interface Described {
  /** Of all replicas: the Deployment's name. */
  readonly workload: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly cluster: string
}

/** Istio's rules for canonical names. */
export function peerFieldsOf({ workload, namespace, labels, cluster }: Described): Partial<PeerFields> {
  const fields = {
    workload,
    namespace,
    canonical_service: labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels['app'] ?? workload,
    canonical_revision:
      labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? labels['version'] ?? 'latest',
    cluster,
    app: labels['app'],
    version: labels['version'],
  }
  return known(name => fields[name])
}

/** "cart-v1;shop;cart;v1;Kubernetes;cart;v1" */
export function peerText(fields: Partial<PeerFields>): string {
  return FIELDS.map(name => fields[name] ?? '')
    .join(';')
    .replace(/;+$/, '')
}

/** @param text with five fields, as from Istio, or with more */
export function readPeerText(text: string): Partial<PeerFields> {
  const values = text.split(';')
  return known(name => values[FIELDS.indexOf(name)])
}

/** OUs of a certificate's subject; values with characters that names don't have are left out. */
export function subjectUnits(fields: Partial<PeerFields>): string[] {
  return FIELDS.flatMap(name => {
    const value = fields[name]
    return value !== undefined && /^[\w.-]+$/.test(value) ? [`${name}~${value}`] : []
  })
}

/** @param subject as RFC 2253 writes it; what is not of this form is passed over */
export function readSubject(subject: string): Partial<PeerFields> {
  const found = new Map<string, string>()
  for (const [, name = '', value = ''] of subject.matchAll(/(?:^|[,+])OU=([a-z_]+)~([\w.-]+)(?=$|[,+])/g)) found.set(name, value)
  return known(name => found.get(name))
}

/** Names of the variables by which an Envoy is told who its own workload is. */
export function ownVariable(field: keyof PeerFields): string {
  return `MIZZEN_OWN_${field.toUpperCase()}`
}

/** Of what a proxy tells of itself (Istio's node metadata). */
export function peerFieldsOfNode(metadata: Readonly<Record<string, unknown>> | undefined): Partial<PeerFields> {
  const text = (name: string) => {
    const value = metadata?.[name]
    return typeof value === 'string' ? value : ''
  }
  const given = metadata?.['LABELS']
  const labels = typeof given === 'object' && given !== null ? Object.entries(given) : []
  return peerFieldsOf({
    workload: text('WORKLOAD_NAME'),
    namespace: text('NAMESPACE'),
    cluster: text('CLUSTER_ID'),
    labels: Object.fromEntries(labels.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  })
}

function known(value: (name: keyof PeerFields) => string | undefined): Partial<PeerFields> {
  return Object.fromEntries(FIELDS.flatMap(name => (value(name) ? [[name, value(name)]] : [])))
}

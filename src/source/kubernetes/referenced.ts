/** Which Secrets and ConfigMaps the other objects name: of a cluster's thousands only these are kept. */
import type { ConfigMap, KindId, KubernetesGateway, ObjectOf, Pod } from '../../api/registry.ts'

/** What is followed by name. */
export type ReferencedKind = 'Secret' | 'ConfigMap'

/** The objects of a kind. */
export type Lists = <Id extends KindId>(id: Id) => readonly ObjectOf<Id>[]

type Reference = { readonly kind?: string; readonly namespace?: string; readonly name: string } | undefined
type Labels = ConfigMap['labels']

/** "Secret shop/certificate" */
export function referenceKey(kind: ReferencedKind, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`
}

/** @param always kept whoever names them */
export function referencesOf(lists: Lists, always: readonly string[]): ReadonlySet<string> {
  const found = new Found(always)
  ofIstio(lists, found)
  ofGatewayApi(lists, found)
  for (const { namespace, spec } of lists('Ingress'))
    for (const { secretName } of spec.tls ?? []) found.credential(secretName, [namespace])
  return found.all
}

class Found {
  readonly all: Set<string>

  constructor(always: readonly string[]) {
    this.all = new Set(always)
  }

  add(namespace: string, reference: Reference): void {
    const { kind = 'Secret', name, namespace: own = namespace } = reference ?? {}
    if (name && (kind === 'Secret' || kind === 'ConfigMap')) this.all.add(referenceKey(kind, own, name))
  }

  /** Beside a certificate the authority of clients may stand in a Secret of its own. */
  credential(text: string | undefined, namespaces: Iterable<string>): void {
    const [, own, name] = /^(?:[a-z-]+:\/\/(?:([^/]+)\/)?)?([^:/]+)$/.exec(text ?? '') ?? []
    if (name === undefined) return
    for (const namespace of own === undefined ? namespaces : [own]) {
      this.add(namespace, { name })
      if (!name.endsWith('-cacert')) this.add(namespace, { name: `${name}-cacert` })
    }
  }
}

/** Credentials stand where the proxies run that show them. */
function ofIstio(lists: Lists, found: Found): void {
  const pods = lists('Pod')
  const gateways = new Set<string>()
  for (const { spec } of lists('Gateway')) {
    const namespaces = namespacesOf(spec.selector ?? {}, pods)
    for (const namespace of namespaces) gateways.add(namespace)
    for (const { tls } of spec.servers ?? [])
      for (const name of [tls?.credentialName, tls?.caCertCredentialName, ...(tls?.credentialNames ?? [])])
        found.credential(name, namespaces)
  }
  for (const { spec } of lists('VirtualGateway'))
    for (const { tls } of spec.listeners ?? [])
      found.credential(tls?.certificate, namespacesOf(spec.selector ?? { istio: 'ingressgateway' }, pods))
  for (const { namespace, spec } of lists('DestinationRule')) {
    const policies = [spec.trafficPolicy, ...(spec.subsets ?? []).map(subset => subset.trafficPolicy)]
    for (const level of policies.flatMap(policy => [policy, ...(policy?.portLevelSettings ?? [])]))
      found.credential(level?.tls?.credentialName, [namespace, ...gateways])
  }
  for (const { namespace, spec } of lists('Sidecar'))
    for (const { tls } of spec.ingress ?? []) found.credential(tls?.credentialName, [namespace])
}

function namespacesOf(selector: Labels, pods: readonly Pod[]): ReadonlySet<string> {
  const wanted = Object.entries(selector)
  if (wanted.length === 0) return new Set()
  return new Set(pods.filter(pod => wanted.every(([name, value]) => pod.labels[name] === value)).map(pod => pod.namespace))
}

function ofGatewayApi(lists: Lists, found: Found): void {
  const gateways = lists('KubernetesGateway')
  for (const { namespace, spec } of [...gateways, ...lists('ListenerSet'), ...lists('XListenerSet')])
    for (const { tls } of spec.listeners) for (const ref of tls?.certificateRefs ?? []) found.add(namespace, ref)
  for (const gateway of gateways) {
    const { namespace, spec } = gateway
    for (const ref of authoritiesOf(gateway)) found.add(namespace, ref)
    found.add(namespace, spec.tls?.backend?.clientCertificateRef)
    found.add(namespace, spec.infrastructure?.parametersRef)
  }
  for (const { namespace, spec } of lists('BackendTLSPolicy'))
    for (const ref of spec.validation.caCertificateRefs ?? []) found.add(namespace, ref)
}

function authoritiesOf({ spec }: KubernetesGateway) {
  const { frontend } = spec.tls ?? {}
  const validations = [frontend?.default.validation, ...(frontend?.perPort ?? []).map(entry => entry.tls.validation)]
  return validations.flatMap(validation => validation?.caCertificateRefs ?? [])
}

/**
 * Which proxy is asking: from the id and metadata that it sends about itself, in Istio's form and keys, and from what the mesh knows of its
 * workload. What the mesh knows goes first; a proxy nobody knows (a gateway in a test, a VM) describes itself.
 */
import type { Labels } from '../../model/labels.ts'
import { NOWHERE } from '../../model/locality.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import { proxySettingsOf } from '../../model/proxy-rule.ts'
import type { Capture } from '../../model/workload.ts'

export interface ProxyNode {
  /** "sidecar~10.0.0.1~catalog-v1-0.shop~shop.svc.cluster.local" */
  readonly id: string
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** "envoy", "mizzen" ... */
  readonly userAgentName?: string
  readonly locality?: { readonly region: string; readonly zone: string; readonly subZone: string } | undefined
}

/** "false": the proxy has no certificate, nor a way to get one. */
export const IDENTITY = 'mizzen.dev/identity'

/** @returns undefined: the id is not of that form and the metadata names no workload either */
export function proxyOf(mesh: Mesh, node: ProxyNode): MeshProxy | undefined {
  const [type = '', address = '', workload = '', ...domain] = node.id.split('~')
  const metadata = node.metadata ?? {}
  const [nameInId = '', namespaceInId = ''] = splitLast(workload, '.')
  const namespace = text(metadata['NAMESPACE']) || namespaceInId
  const name = text(metadata['NAME']) || nameInId
  if (!namespace || (domain.length === 0 && !metadata['NAMESPACE'])) return undefined
  const known = mesh.workloads.get(`${namespace}/${name}`)
  const kind = text(metadata['GENERATOR']) === 'grpc' ? 'grpc' : type === 'router' ? 'gateway' : 'sidecar'
  const { region = '', zone = '', subZone: subzone = '' } = node.locality ?? {}
  const proxyLabels = known?.labels ?? texts(metadata['LABELS'])
  const proxied = { namespace, labels: proxyLabels, proxySettings: known?.proxySettings }
  const said = texts(metadata['ANNOTATIONS'])[IDENTITY] !== 'false'
  const ownAddresses = (text(metadata['INSTANCE_IPS']) || address).split(',').filter(Boolean)
  return {
    kind,
    id: node.id,
    namespace,
    name,
    labels: proxyLabels,
    proxySettings: proxySettingsOf(mesh.proxyRules, proxied, mesh.settings),
    addresses: known && known.addresses.length > 0 ? known.addresses : ownAddresses,
    locality: known && known.locality !== NOWHERE ? known.locality : { region, zone, subzone },
    network: known?.network || text(metadata['NETWORK']),
    node: known?.node || text(metadata['NODE_NAME']),
    serviceAccount: known?.serviceAccount || text(metadata['SERVICE_ACCOUNT']),
    namedPorts: known?.namedPorts ?? new Map(),
    virtualHostsApart: metadata['VIRTUAL_HOSTS'] === 'apart',
    toldMetrics: node.userAgentName === 'envoy',
    resumesUnchecked: node.userAgentName === 'envoy',
    denialNotes: metadata['DENIAL_NOTES'] === 'listener',
    capture: known?.capture ?? capture(metadata['INTERCEPTION_MODE']),
    // A gRPC application refuses all that names a certificate it has not: what it says itself goes first.
    identity: kind === 'grpc' ? said && known?.identity !== false : (known?.identity ?? said),
    metadata: texts(metadata),
  }
}

/** Interception NONE without a word on ports: only what its configuration binds explicitly. */
function capture(mode: unknown): Capture {
  return mode === 'NONE' ? { kind: 'ports', inbound: new Map(), httpProxy: undefined, forwards: [] } : { kind: 'redirect' }
}

function splitLast(text: string, separator: string): [string, string] {
  const at = text.lastIndexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function texts(value: unknown): Labels {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

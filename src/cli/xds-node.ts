/** Which proxy `mizzen xds` prints for: a workload of the files, or one that a file describes. */
import { parse } from 'yaml'
import type { Deployment, Pod } from '../api/registry.ts'
import type { Objects } from '../compile/objects.ts'
import { nearest } from '../lib/nearest.ts'
import { selects } from '../model/labels.ts'
import type { ProxyNode } from '../xds/resources/node.ts'

export interface Chosen {
  /** With a pod for the workload, where the files have only its Deployment. */
  readonly objects: Objects
  readonly node: ProxyNode
}

/** @param name "namespace/name" of a Pod or Deployment, or a name in the namespace "default" @throws when there is none */
export function workloadNode(name: string, objects: Objects): Chosen {
  const [namespace, workload] = name.includes('/') ? split(name) : ['default', name]
  const known = [...objects.Pod, ...objects.Deployment]
  const found = known.find(object => object.namespace === namespace && object.name === workload)
  if (!found) {
    const names = known.map(object => `${object.namespace}/${object.name}`)
    const meant = nearest(`${namespace}/${workload}`, names)
    const rest = meant
      ? `did you mean "${meant}"?`
      : `expected one of ${names.sort().join(', ') || 'the Pods and Deployments, but there are none'}`
    throw new Error(`Cannot find workload "${name}": ${rest}`)
  }
  const pod = found.kind === 'Pod' ? found : podOf(found)
  const all = found.kind === 'Pod' ? objects : { ...objects, Pod: [...objects.Pod, pod] }
  const type = isGateway(pod, objects) ? 'router' : 'sidecar'
  const address = pod.status?.podIP || '127.0.0.1'
  return { objects: all, node: { id: `${type}~${address}~${pod.name}.${pod.namespace}~${pod.namespace}.svc.cluster.local` } }
}

function split(name: string): [string, string] {
  const slash = name.indexOf('/')
  return [name.slice(0, slash), name.slice(slash + 1)]
}

/** As one of its replicas would be, before it is ready. */
function podOf({ spec, ...rest }: Deployment): Pod {
  const { metadata, spec: podSpec } = spec.template
  const { apiVersion, namespace, name, creationTimestamp, uid, origin } = rest
  const labels = metadata?.labels ?? {}
  const annotations = metadata?.annotations ?? {}
  return {
    kind: 'Pod',
    group: '',
    apiVersion,
    namespace,
    name,
    creationTimestamp,
    uid,
    origin,
    labels,
    annotations,
    spec: podSpec ?? {},
    status: undefined,
  }
}

function isGateway({ labels, annotations }: Pod, { Gateway }: Objects): boolean {
  return (
    annotations['inject.istio.io/templates'] === 'gateway' ||
    Gateway.some(gateway => selects(gateway.spec.selector ?? {}, labels))
  )
}

/**
 * A proxy as it would describe itself: an Envoy node ({id, metadata, locality}), or in short {type, namespace, name, ips, labels,
 * metadata}, where only what matters needs to be said.
 *
 * @throws when the text is neither
 */
export function describedNode(text: string, file: string): ProxyNode {
  const value: unknown = parse(text)
  if (typeof value !== 'object' || value === null)
    throw new Error(`Cannot read a proxy from "${file}": expected a map, got ${JSON.stringify(value)}`)
  const fields: Readonly<Record<string, unknown>> = { ...value }
  const metadata = record(fields['metadata'])
  if (typeof fields['id'] === 'string') return { id: fields['id'], metadata, ...localityOf(fields['locality']) }
  const { type = 'sidecar', namespace = 'default', name = 'proxy', ips } = fields
  const addresses = Array.isArray(ips) && ips.length > 0 ? ips.map(String) : ['127.0.0.1']
  const role = type === 'gateway' || type === 'router' ? 'router' : 'sidecar'
  return {
    id: `${role}~${addresses[0]}~${String(name)}.${String(namespace)}~${String(namespace)}.svc.cluster.local`,
    metadata: { NAMESPACE: String(namespace), LABELS: record(fields['labels']), INSTANCE_IPS: addresses.join(','), ...metadata },
    ...localityOf(fields['locality']),
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function localityOf(value: unknown): Pick<ProxyNode, 'locality'> {
  const { region = '', zone = '', subZone = '' } = record(value)
  return { locality: { region: String(region), zone: String(zone), subZone: String(subZone) } }
}

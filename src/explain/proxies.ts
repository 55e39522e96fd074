/** Which proxy is meant: that of a workload in the mesh, or one that is described. */
import { nearest } from '../lib/nearest.ts'
import { hasLabels } from '../model/labels.ts'
import type { Mesh } from '../model/mesh.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { type Workload, workloadKey } from '../model/workload.ts'
import { type ProxyNode, proxyOf } from '../xds/resources/node.ts'

/** @param name "namespace/name" of a pod, or what its replicas have in common (a Deployment's); without namespace: "default" @throws when there is none */
export function proxyNamed(mesh: Mesh, name: string): MeshProxy {
  const slash = name.indexOf('/')
  const [namespace, own] = slash < 0 ? ['default', name] : [name.slice(0, slash), name.slice(slash + 1)]
  const workloads = [...mesh.workloads.values()]
  const found =
    workloads.find(workload => workload.namespace === namespace && workload.name === own) ??
    workloads.find(workload => workload.namespace === namespace && workload.workloadName === own)
  if (!found) throw new Error(`Cannot find workload "${name}": ${advice(`${namespace}/${own}`, workloads)}`)
  return proxyOfWorkload(mesh, found)
}

function advice(name: string, workloads: readonly Workload[]): string {
  const names = [...new Set(workloads.flatMap(each => [`${each.namespace}/${each.workloadName}`, workloadKey(each)]))]
  const meant = nearest(name, names)
  if (meant) return `did you mean "${meant}"?`
  const known = [...new Set(workloads.map(each => `${each.namespace}/${each.workloadName}`))].sort()
  return known.length > 0 ? `expected one of ${known.join(', ')}` : 'there is no Pod and no Deployment'
}

export function proxyOfWorkload(mesh: Mesh, workload: Workload): MeshProxy {
  const { namespace, name, addresses } = workload
  const type = isGateway(mesh, workload) ? 'router' : 'sidecar'
  const id = `${type}~${addresses[0] ?? '127.0.0.1'}~${name}.${namespace}~${namespace}.svc.${mesh.settings.domainSuffix}`
  return proxyOfNode(mesh, { id })
}

function isGateway(mesh: Mesh, { labels }: Workload): boolean {
  return mesh.gateways.some(gateway => Object.keys(gateway.selector).length > 0 && hasLabels(labels, gateway.selector))
}

/** @throws when the node's id names no workload */
export function proxyOfNode(mesh: Mesh, node: ProxyNode): MeshProxy {
  const proxy = proxyOf(mesh, node)
  if (proxy) return proxy
  throw new Error(
    `Cannot tell whose proxy "${node.id}" is: expected an id such as "sidecar~10.0.0.1~name.namespace~namespace.svc.cluster.local"`,
  )
}

/**
 * A proxy as it would describe itself: an Envoy node ({id, metadata, locality}), or in short {type, namespace, name, ips, labels,
 * metadata}, where only what matters needs to be said.
 *
 * @param value parsed YAML or JSON @param place for messages @throws when it is neither
 */
export function describedNode(value: unknown, place: string): ProxyNode {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`Cannot read a proxy from ${place}: expected a map, got ${JSON.stringify(value)}`)
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

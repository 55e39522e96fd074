/** How the mesh itself is: endpoints in trouble, certificates, proxies without the newest configuration. Alerts, metrics and the page read it. Pure. */
import { remembering } from '../../lib/identity-memo.ts'
import type { EndpointTrouble } from '../../model/alert.ts'
import type { Mesh } from '../../model/mesh.ts'
import { serviceKey } from '../../model/service.ts'
import { workloadKey } from '../../model/workload.ts'
import type { ProxyStatus, SyncState } from '../../xds/server/proxy-status.ts'
import { MeshIndex } from '../dashboard/view/mesh-index.ts'
import { nodeName } from '../dashboard/view/proxy-list.ts'
import type { CertificateLife, SickEndpoint } from './proxy-health.ts'

/** What was last heard of a proxy. */
export interface ProxyHealth {
  /** "namespace/name" of its pod. */
  readonly key: string
  readonly sick: readonly SickEndpoint[]
  readonly certificate: CertificateLife | undefined
}

export interface EndpointHealth {
  readonly host: string
  readonly address: string
  readonly trouble: EndpointTrouble
  /** Pods "namespace/name" that say so; none: it says so itself. */
  readonly callers: readonly string[]
}

export interface MeshHealth {
  /** Those in trouble only. */
  readonly endpoints: readonly EndpointHealth[]
  /** How many are ready, by host. */
  readonly ready: ReadonlyMap<string, number>
  readonly certificates: readonly (CertificateLife & { readonly proxy: string })[]
  readonly proxies: readonly { readonly proxy: string; readonly state: SyncState }[]
}

export function meshHealth(mesh: Mesh, statuses: readonly ProxyStatus[], proxies: Iterable<ProxyHealth>): MeshHealth {
  const told = [...proxies]
  const { ready, notReady } = readinessOf(mesh)
  return {
    endpoints: [...asCallersSay(told), ...notReady],
    ready,
    certificates: told.flatMap(({ key, certificate }) => (certificate ? [{ proxy: key, ...certificate }] : [])),
    proxies: statuses.map(({ node, types }) => ({ proxy: podOf(node), state: worst(types.map(({ state }) => state)) })),
  }
}

function asCallersSay(told: readonly ProxyHealth[]): EndpointHealth[] {
  const found = new Map<string, EndpointHealth & { readonly callers: string[] }>()
  for (const { key, sick } of told)
    for (const { host, address, trouble } of sick) {
      const id = `${host} ${address} ${trouble}`
      const known = found.get(id) ?? { host, address, trouble, callers: [] }
      // One proxy may have several clusters of a service: a subset each.
      if (!known.callers.includes(key)) known.callers.push(key)
      found.set(id, known)
    }
  return [...found.values()]
}

/** By their own probes, as Kubernetes sees it. A mesh that did not change is not gone through again. */
const readinessOf = remembering((mesh: Mesh) => {
  const index = new MeshIndex(mesh)
  const ready = new Map<string, number>()
  const notReady: EndpointHealth[] = []
  for (const service of mesh.services) {
    const pods = index.podsOf(service)
    const elsewhere = new Set<string>()
    for (const [, endpoints] of mesh.endpoints.get(serviceKey(service)) ?? [])
      for (const { address, port, workload } of endpoints) if (workload === undefined) elsewhere.add(`${address}:${port}`)
    const count = pods.filter(pod => pod.ready).length + elsewhere.size
    if (count > 0) ready.set(service.hostname, count)
    for (const pod of pods.filter(one => !one.ready))
      notReady.push({ host: service.hostname, address: workloadKey(pod), trouble: 'not_ready', callers: [] })
  }
  return { ready, notReady }
})

const WORST: readonly SyncState[] = ['NACKED', 'STALE', 'SYNCED', 'NOT SENT']

function worst(states: readonly SyncState[]): SyncState {
  return WORST.find(state => states.includes(state)) ?? 'NOT SENT'
}

/** "sidecar~10.0.0.1~cart-0.shop~..." -> "shop/cart-0" */
function podOf(node: string): string {
  const { name, namespace } = nodeName(node)
  return namespace === '' ? name : `${namespace}/${name}`
}

/** The proxies and how far each has got with its configuration. Pure. */
import type { Mesh } from '../../../model/mesh.ts'
import type { ProxyStatus, SyncState } from '../../../xds/server/proxy-status.ts'

export interface ProxyView {
  /** `Node.id` */
  readonly node: string
  /** "cart-0" */
  readonly name: string
  readonly namespace: string
  readonly workload: string
  readonly engine: string
  readonly version: string
  readonly protocol: string
  readonly connectedAt: number
  /** The worst of its types. */
  readonly state: SyncState
  readonly types: readonly ProxyTypeView[]
}

export interface ProxyTypeView {
  /** "Cluster", "Listener"... */
  readonly type: string
  readonly state: SyncState
  /** When it last accepted something, milliseconds since the epoch; null: never. */
  readonly ackedAt: number | null
  /** Why it refused; "". */
  readonly refusal: string
}

const WORST: readonly SyncState[] = ['NACKED', 'STALE', 'SYNCED', 'NOT SENT']

export function proxyList(mesh: Mesh, statuses: readonly ProxyStatus[]): ProxyView[] {
  return statuses.map(({ node, engine, version, protocol, connectedAt, types }) => {
    const { name, namespace } = nodeName(node)
    const views = types.map(
      ({ type, state, acked, refusal }): ProxyTypeView => ({
        type: type.slice(type.lastIndexOf('.') + 1),
        state,
        ackedAt: acked?.at ?? null,
        refusal: refusal?.detail ?? '',
      }),
    )
    return {
      node,
      name,
      namespace,
      workload: mesh.workloads.get(`${namespace}/${name}`)?.workloadName ?? name,
      engine: engine || 'unknown',
      version,
      protocol,
      connectedAt,
      state: WORST.find(state => views.some(view => view.state === state)) ?? 'NOT SENT',
      types: views,
    }
  })
}

/** "sidecar~10.0.0.1~cart-0.shop~shop.svc.cluster.local" -> cart-0 in shop */
export function nodeName(node: string): { readonly name: string; readonly namespace: string } {
  const [, , full = node] = node.split('~')
  const dot = full.lastIndexOf('.')
  return dot < 0 ? { name: full, namespace: '' } : { name: full.slice(0, dot), namespace: full.slice(dot + 1) }
}

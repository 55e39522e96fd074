/** The proxies of a cluster's pods as the observer asks them: at their status port, which knows the control plane by its certificate. */
import { remembering } from '../../lib/identity-memo.ts'
import type { Mesh } from '../../model/mesh.ts'
import { workloadKey } from '../../model/workload.ts'
import { MeshIndex } from '../dashboard/view/mesh-index.ts'
import type { AdminTls } from '../observe/admin-request.ts'
import type { ObservedProxy } from '../observe/observed-proxy.ts'

/** Istio's standard; a pod that moved it is not looked at. */
const STATUS_PORT = 15_020

/** @returns of a mesh the proxies; of the same mesh the same list */
export function clusterProxies(material: AdminTls['material']): (mesh: Mesh) => readonly ObservedProxy[] {
  return remembering((mesh: Mesh) => {
    const index = new MeshIndex(mesh)
    const { trustDomain } = mesh.settings
    return [...mesh.workloads.values()].flatMap((pod): ObservedProxy[] => {
      const [host] = pod.addresses
      const gateway = index.isGateway(pod)
      if (host === undefined || !(pod.identity || gateway)) return []
      const tls = { material, prefix: `spiffe://${trustDomain}/ns/${pod.namespace}/` }
      const admin = { host, port: STATUS_PORT, tls }
      return [{ key: workloadKey(pod), namespace: pod.namespace, workload: pod.workloadName, gateway, admin }]
    })
  })
}

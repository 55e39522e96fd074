/** What a pod's certificate tells of it besides its identity: for the metrics of those it calls. */
import { type PeerFields, peerFieldsOf } from '../../lib/peer-fields.ts'
import type { Mesh } from '../../model/mesh.ts'
import { workloadKey } from '../../model/workload.ts'

/** @returns undefined: the mesh does not know it */
export function describedPod(mesh: Mesh, namespace: string, pod: string): Partial<PeerFields> | undefined {
  const known = mesh.workloads.get(workloadKey({ namespace, name: pod }))
  if (known === undefined) return undefined
  const { workloadName: workload, labels } = known
  return peerFieldsOf({ workload, namespace, labels, cluster: mesh.settings.clusterId })
}

/** A running pod as an object of the configuration, as the kubelet would write it: what the control plane knows of it. */
import { originWithoutFile } from '../../../api/object.ts'
import type { Pod } from '../../../api/registry.ts'
import { IDENTITY } from '../../../compile/workload.ts'
import type { PodPlan } from '../plan/pod-plan.ts'

export interface PodStatus {
  readonly uid: string
  readonly ip: string
  readonly node: string
  readonly ready: boolean
  /** Added to those of the manifest. */
  readonly annotations: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly startedAt: string
}

const TLS_MODE = 'security.istio.io/tlsMode'
const ORIGIN = originWithoutFile('mizzen up')

export function podObject(plan: PodPlan, status: PodStatus): Pod {
  return {
    kind: 'Pod',
    group: '',
    apiVersion: 'v1',
    namespace: plan.namespace,
    name: plan.name,
    // What the injector writes on a cluster: the pod's proxy takes and shows certificates of the mesh.
    labels: plan.proxy && plan.proxy.type !== 'grpc' ? { [TLS_MODE]: 'istio', ...plan.labels } : plan.labels,
    annotations: { ...plan.annotations, ...status.annotations, ...(plan.proxy && { [IDENTITY]: 'true' }) },
    creationTimestamp: status.startedAt,
    uid: status.uid,
    origin: ORIGIN,
    spec: {
      serviceAccountName: plan.serviceAccount,
      nodeName: status.node,
      containers: plan.containers.map(({ name, ports }) => ({
        name,
        ports: ports.map(({ name, number }) => ({ containerPort: number, ...(name === undefined ? {} : { name }) })),
      })),
    },
    status: {
      phase: 'Running',
      podIP: status.ip,
      podIPs: [{ ip: status.ip }],
      hostIP: '127.0.0.1',
      conditions: [{ type: 'Ready', status: status.ready ? 'True' : 'False' }],
    },
  }
}

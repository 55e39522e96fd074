/**
 * Gateways need a proxy that carries the labels they select. Where no Deployment of the manifests has them (on a cluster the mesh's
 * installation brings such a proxy along), one is planned here; and every gateway pod gets the ports of its Gateways' servers. Pure.
 */
import { originWithoutFile } from '../../../api/object.ts'
import type { Gateway, GatewayServer } from '../../../model/gateway.ts'
import { hasLabels, type Labels, labelsKey } from '../../../model/labels.ts'
import { type Engine, type PodTemplate, type WorkloadPlan, workloadKey } from './pod-plan.ts'

const NAMESPACE = 'istio-system'
/** A Gateway that selects nothing in particular is for every gateway: this one is there then. */
const DEFAULT_SELECTOR: Labels = { istio: 'ingressgateway' }
const GRACE_MS = 5000

/** All that is to run: what is given, routers with their ports, and gateways that are missing. */
export function withGateways(workloads: readonly WorkloadPlan[], gateways: readonly Gateway[], engine: Engine): WorkloadPlan[] {
  const routers = workloads.filter(({ pod }) => pod.proxy?.type === 'router')
  const missing = new Map<string, WorkloadPlan>()
  for (const { selector } of gateways) {
    const labels = Object.keys(selector).length > 0 ? selector : DEFAULT_SELECTOR
    if (!routers.some(({ pod }) => hasLabels(pod.labels, labels))) missing.set(labelsKey(labels), gatewayWorkload(labels, engine))
  }
  return [...workloads, ...missing.values()].map(plan =>
    plan.pod.proxy?.type === 'router' ? withServerPorts(plan, gateways) : plan,
  )
}

/** The servers of the Gateways that select this pod. */
export function serversOf({ labels }: Pick<PodTemplate, 'labels'>, gateways: readonly Gateway[]): GatewayServer[] {
  return gateways.filter(({ selector }) => hasLabels(labels, selector)).flatMap(({ servers }) => servers)
}

function withServerPorts(plan: WorkloadPlan, gateways: readonly Gateway[]): WorkloadPlan {
  const { pod } = plan
  const ports = [...new Set([...pod.ports, ...serversOf(pod, gateways).map(({ port }) => port)])].sort((a, b) => a - b)
  return { ...plan, pod: { ...pod, ports } }
}

/** Named as Istio's installation names it: for `istio: ingressgateway` it runs the pod "istio-ingressgateway-0". */
function gatewayWorkload(labels: Labels, engine: Engine): WorkloadPlan {
  const [[key, value] = ['istio', 'gateway']] = Object.entries(labels)
  const name = (key === 'istio' ? `istio-${value}` : value).toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')
  const pod: PodTemplate = {
    namespace: NAMESPACE,
    workload: { kind: 'Deployment', name },
    labels: { ...labels },
    annotations: {},
    serviceAccount: `${name}-service-account`,
    proxy: { type: 'router', engine },
    initContainers: [],
    containers: [],
    ports: [],
    graceMs: GRACE_MS,
    origin: originWithoutFile('mizzen up'),
    fingerprint: JSON.stringify([labels, engine]),
  }
  return { key: workloadKey(pod), replicas: 1, overlaps: false, pod }
}

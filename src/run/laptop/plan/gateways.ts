/**
 * Gateways need a proxy that carries the labels they select. Where no Deployment of the manifests has them (on a cluster the mesh's
 * installation brings such a proxy along), one is planned here; and every gateway pod gets the ports of its Gateways' servers. Pure.
 */
import { GATEWAY_NAME } from '../../../api/gateway/values.ts'
import { originWithoutFile } from '../../../api/object.ts'
import { type Gateway, type GatewayServer, isServedBy } from '../../../model/gateway.ts'
import { type Labels, labelsKey } from '../../../model/labels.ts'
import { type Engine, type PodTemplate, type WorkloadPlan, workloadKey } from './pod-plan.ts'

const NAMESPACE = 'istio-system'
/** A Gateway that selects nothing in particular is for every gateway: this one is there then. */
const DEFAULT_SELECTOR: Labels = { istio: 'ingressgateway' }
const GRACE_MS = 5000

/** All that is to run: what is given, routers with their ports, and gateways that are missing. */
export function withGateways(workloads: readonly WorkloadPlan[], gateways: readonly Gateway[], engine: Engine): WorkloadPlan[] {
  const routers = workloads.filter(({ pod }) => pod.proxy?.type === 'router')
  const missing = new Map<string, WorkloadPlan>()
  for (const gateway of gateways) {
    const labels = Object.keys(gateway.selector).length > 0 ? gateway.selector : DEFAULT_SELECTOR
    if (routers.some(({ pod }) => isServedBy({ ...gateway, selector: labels }, pod))) continue
    const plan = gatewayWorkload(gateway.proxyNamespace ?? NAMESPACE, labels, engine)
    missing.set(`${plan.pod.namespace} ${labelsKey(labels)}`, plan)
  }
  return [...workloads, ...missing.values()].map(plan =>
    plan.pod.proxy?.type === 'router' ? withServerPorts(plan, gateways) : plan,
  )
}

/** The servers of the Gateways that select this pod. */
export function serversOf(pod: Pick<PodTemplate, 'namespace' | 'labels'>, gateways: readonly Gateway[]): GatewayServer[] {
  return gateways.filter(gateway => isServedBy(gateway, pod)).flatMap(({ servers }) => servers)
}

function withServerPorts(plan: WorkloadPlan, gateways: readonly Gateway[]): WorkloadPlan {
  const { pod } = plan
  const ports = [...new Set([...pod.ports, ...serversOf(pod, gateways).map(({ port }) => port)])].sort((a, b) => a - b)
  return { ...plan, pod: { ...pod, ports } }
}

/**
 * Named as Istio's installation names it: for `istio: ingressgateway` it runs the pod "istio-ingressgateway-0". The Gateway API's Gateway
 * "edge" is served by "edge-gateway-0".
 */
function gatewayWorkload(namespace: string, labels: Labels, engine: Engine): WorkloadPlan {
  const [[key, value] = ['istio', 'gateway']] = Object.entries(labels)
  const plain = key === GATEWAY_NAME ? `${value}-gateway` : key === 'istio' ? `istio-${value}` : value
  const name = plain.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')
  const pod: PodTemplate = {
    namespace,
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

/**
 * Gateways need a proxy that carries the labels they select. Where no Deployment of the manifests has them (on a cluster the mesh's
 * installation brings such a proxy along), one is planned here; and every gateway pod gets the ports of its Gateways' servers. Pure.
 */
import { originWithoutFile } from '../../../api/object.ts'
import type { Gateway, GatewayServer } from '../../../model/gateway.ts'
import { hasLabels, type Labels, labelsKey } from '../../../model/labels.ts'
import type { Engine, PodPlan } from './pod-plan.ts'

const NAMESPACE = 'istio-system'
/** A Gateway that selects nothing in particular is for every gateway: this one is there then. */
const DEFAULT_SELECTOR: Labels = { istio: 'ingressgateway' }
const GRACE_MS = 5000

/** All pods that are to run: those given, routers with their ports, and gateways that are missing. */
export function withGateways(pods: readonly PodPlan[], gateways: readonly Gateway[], engine: Engine): PodPlan[] {
  const routers = pods.filter(({ proxy }) => proxy?.type === 'router')
  const missing = new Map<string, PodPlan>()
  for (const { selector } of gateways) {
    const labels = Object.keys(selector).length > 0 ? selector : DEFAULT_SELECTOR
    if (routers.some(router => hasLabels(router.labels, labels))) continue
    const plan = gatewayPod(labels, engine)
    missing.set(labelsKey(labels), plan)
  }
  return [...pods, ...missing.values()].map(plan => (plan.proxy?.type === 'router' ? withServerPorts(plan, gateways) : plan))
}

/** The servers of the Gateways that select this pod, each with its Gateway's name. */
export function serversOf(plan: Pick<PodPlan, 'labels'>, gateways: readonly Gateway[]): GatewayServer[] {
  return gateways.filter(({ selector }) => hasLabels(plan.labels, selector)).flatMap(({ servers }) => servers)
}

function withServerPorts(plan: PodPlan, gateways: readonly Gateway[]): PodPlan {
  const ports = [...new Set([...plan.ports, ...serversOf(plan, gateways).map(({ port }) => port)])].sort((a, b) => a - b)
  return { ...plan, ports }
}

/** Named as Istio's installation names it: `istio: ingressgateway` is the pod "istio-ingressgateway-0". */
function gatewayPod(labels: Labels, engine: Engine): PodPlan {
  const [[key, value] = ['istio', 'gateway']] = Object.entries(labels)
  const name = key === 'istio' ? `istio-${value}` : value
  const pod = `${name.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')}-0`
  return {
    key: `${NAMESPACE}/${pod}`,
    namespace: NAMESPACE,
    name: pod,
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
}

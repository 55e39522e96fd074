/**
 * Pods that the manifests would become: where a Deployment has no pods among the objects, and where nothing carries the labels that a
 * Gateway selects (an installation of the mesh brings such a proxy along), pods are made up, ready and with addresses of their own, so
 * that a configuration can be asked about before it runs anywhere. The same objects give the same pods.
 */
import { originWithoutFile } from '../api/object.ts'
import type { Deployment, Namespace, Pod } from '../api/registry.ts'
import type { Objects } from '../compile/objects.ts'
import { hasLabels, type Labels, selects } from '../model/labels.ts'

/** As many replicas as are of use to look at. */
const MOST_REPLICAS = 100
const DEFAULT_GATEWAY: Labels = { istio: 'ingressgateway' }

export function withHypotheticalPods(objects: Objects): Objects {
  const addresses = new Addresses(objects.Pod)
  const made: Pod[] = []
  for (const deployment of [...objects.Deployment].sort(byName)) {
    if (objects.Pod.some(pod => belongsTo(pod, deployment))) continue
    const replicas = Math.min(deployment.spec.replicas ?? 1, MOST_REPLICAS)
    for (let i = 0; i < Math.max(1, replicas); i++)
      made.push(podOf(deployment, i, i < replicas, addresses.next(), objects.Namespace))
  }
  for (const { spec } of objects.Gateway) {
    const selector = Object.keys(spec.selector ?? {}).length > 0 ? (spec.selector ?? {}) : DEFAULT_GATEWAY
    if (![...objects.Pod, ...made].some(pod => hasLabels(pod.labels, selector))) made.push(gatewayPod(selector, addresses.next()))
  }
  return made.length === 0 ? objects : { ...objects, Pod: [...objects.Pod, ...made] }
}

function byName(a: Deployment, b: Deployment): number {
  const [one, other] = [`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`]
  return one < other ? -1 : Number(one > other)
}

/** By labels: which ReplicaSet a pod came from is not among the objects. */
function belongsTo(pod: Pod, { namespace, spec }: Deployment): boolean {
  const wanted = spec.selector?.matchLabels ?? spec.template.metadata?.labels ?? {}
  return pod.namespace === namespace && selects(wanted, pod.labels)
}

function podOf(deployment: Deployment, replica: number, ready: boolean, ip: string, namespaces: readonly Namespace[]): Pod {
  const { metadata, spec } = deployment.spec.template
  const labels = metadata?.labels ?? {}
  const annotations = metadata?.annotations ?? {}
  const namespace = namespaces.find(each => each.name === deployment.namespace)
  return {
    kind: 'Pod',
    group: '',
    apiVersion: 'v1',
    namespace: deployment.namespace,
    name: `${deployment.name}-${replica}`,
    creationTimestamp: deployment.creationTimestamp,
    uid: undefined,
    origin: deployment.origin,
    labels: isInjected(labels, annotations, namespace) ? { 'security.istio.io/tlsMode': 'istio', ...labels } : labels,
    annotations,
    spec: spec ?? {},
    status: status(ip, ready),
  }
}

/** Without a word every pod is in the mesh; the pod's own word goes before its namespace's. */
function isInjected(labels: Labels, annotations: Labels, namespace: Namespace | undefined): boolean {
  const own = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject']
  return own === undefined ? namespace?.labels['istio-injection'] !== 'disabled' : own !== 'false'
}

function gatewayPod(labels: Labels, ip: string): Pod {
  const [[key, value] = ['istio', 'gateway']] = Object.entries(labels)
  const name = (key === 'istio' ? `istio-${value}` : value).toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')
  return {
    kind: 'Pod',
    group: '',
    apiVersion: 'v1',
    namespace: 'istio-system',
    name: `${name}-0`,
    creationTimestamp: undefined,
    uid: undefined,
    origin: originWithoutFile('explain'),
    labels,
    annotations: { 'inject.istio.io/templates': 'gateway' },
    spec: { serviceAccountName: `${name}-service-account` },
    status: status(ip, true),
  }
}

function status(ip: string, ready: boolean): Pod['status'] {
  return { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] }
}

/** 10.244.0.1 and on, as small clusters have them; none that a pod has. */
class Addresses {
  readonly #taken: ReadonlySet<string>
  #last = 0

  constructor(pods: readonly Pod[]) {
    this.#taken = new Set(pods.flatMap(pod => pod.status?.podIP ?? []))
  }

  next(): string {
    for (;;) {
      this.#last++
      const address = `10.244.${(this.#last >> 8) & 255}.${this.#last & 255}`
      if (!this.#taken.has(address)) return address
    }
  }
}

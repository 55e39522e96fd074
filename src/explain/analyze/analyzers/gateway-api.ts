/** IST0166, IST0176: policies that the pods of a Gateway API gateway do not follow, and definitions that are too old to be read. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Resource } from '../resource.ts'
import { selectedBy, workloadsOf } from '../workloads.ts'

const GATEWAY = 'gateway.networking.k8s.io/gateway-name'
const KINDS = ['AuthorizationPolicy', 'RequestAuthentication', 'Telemetry', 'WasmPlugin'] as const

export const gatewayApiSelectors: Analyzer = {
  name: 'k8sgateway.SelectorAnalyzer',
  description: 'policies are attached to Gateway API gateways by targetRefs',
  codes: ['IST0166'],
  inputs: [...KINDS, 'Pod', 'Deployment'],
  *analyze(world) {
    const pods = workloadsOf(world).filter(({ labels }) => labels[GATEWAY] !== undefined)
    for (const policy of KINDS.flatMap(kind => world.resources.of(kind))) {
      const selector = policy.spec.at('selector')
      const labels = selector.at('matchLabels').labels()
      if (Object.keys(labels).length === 0) continue
      const namespace = policy.namespace === world.rootNamespace ? undefined : policy.namespace
      const [gateway] = selectedBy(labels, pods, namespace).map(pod => pod.labels[GATEWAY])
      if (gateway === undefined) continue
      const message = `Ineffective selector on Kubernetes Gateway ${gateway}. Use the TargetRef field instead.`
      yield finding(
        'IST0166',
        selector,
        message,
        `replace the selector by "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ${gateway}}]"`,
      )
    }
  },
}

const VERSION = 'gateway.networking.k8s.io/bundle-version'
/** The first version in which the definition has the form that is read today. */
const MINIMUM: Readonly<Record<string, string>> = {
  'grpcroutes.gateway.networking.k8s.io': 'v1.1.0',
  'backendtlspolicies.gateway.networking.k8s.io': 'v1.4.0',
}

export const gatewayApiVersions: Analyzer = {
  name: 'k8sgateway.CRDVersionAnalyzer',
  description: 'the definitions of the Gateway API are new enough',
  codes: ['IST0176'],
  inputs: ['CustomResourceDefinition'],
  *analyze({ resources }) {
    for (const definition of resources.of('CustomResourceDefinition')) {
      const minimum = MINIMUM[definition.name]
      const version = definition.annotations[VERSION]
      if (minimum === undefined || version === undefined || !isOlder(version, minimum)) continue
      const message = `The Gateway API definition ${definition.name} has version ${version}, below the minimum ${minimum}, and is ignored.`
      yield finding('IST0176', place(definition), message, `install the Gateway API's definitions ${minimum} or newer`)
    }
  },
}

function place({ root }: Resource) {
  return root.at('metadata', 'annotations', VERSION)
}

function isOlder(version: string, minimum: string): boolean {
  const [a, b] = [version, minimum].map(text => (/^v?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number))
  if (!a || !b || a.length < 3) return false
  const different = [0, 1, 2].find(i => a[i] !== b[i])
  return different !== undefined && (a[different] ?? 0) < (b[different] ?? 0)
}

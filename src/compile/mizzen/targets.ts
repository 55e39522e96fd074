/** MZ0202: own objects about a host that nobody knows, or about workloads that nobody runs. */
import type { ObjectHead } from '../../api/object.ts'
import { nearest } from '../../lib/nearest.ts'
import { hostsMatch } from '../../model/host.ts'
import { hasLabels } from '../../model/labels.ts'
import type { Mesh } from '../../model/mesh.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import type { Objects } from '../objects.ts'
import { hostOf } from './layer.ts'

type Selecting = ObjectHead & {
  readonly spec: {
    readonly host?: string
    readonly workloadSelector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  }
}

export function checkOwnTargets(objects: Objects, mesh: Mesh): Diagnostic[] {
  const { RateLimit, CircuitBreaker, Retry, LoadBalancingRule, WeightedDestinationRule, HealthCheck, TypeScriptFilter } = objects
  const all: readonly Selecting[] = [
    ...RateLimit,
    ...CircuitBreaker,
    ...Retry,
    ...LoadBalancingRule,
    ...WeightedDestinationRule,
    ...HealthCheck,
    ...TypeScriptFilter.filter(({ namespace }) => namespace !== mesh.settings.rootNamespace),
  ]
  return all.flatMap(object => [...unknownHost(object, mesh), ...nobodySelected(object, mesh)])
}

function unknownHost(object: Selecting, { services, settings }: Mesh): Diagnostic[] {
  const { host } = object.spec
  if (host === undefined) return []
  const name = hostOf(host, object.namespace, settings)
  if (services.some(({ hostname }) => hostname === name || hostsMatch(name, hostname))) return []
  const [label] = name.split('.')
  const siblings = services.filter(service => service.namespace === object.namespace && service.platform)
  const meant =
    label === host
      ? nearest(
          host,
          siblings.map(service => service.name),
        )
      : nearest(
          name,
          services.map(service => service.hostname),
        )
  return [
    diagnostic(object, ['spec', 'host'], {
      code: 'MZ0202',
      level: 'warning',
      message: `no Service and no ServiceEntry has the host "${host}"${name === host ? '' : ` (${name})`}`,
      effect: 'what stands here holds for nobody',
      fix:
        meant === undefined ? `create a Service or ServiceEntry for "${host}", or correct the name` : `did you mean "${meant}"?`,
    }),
  ]
}

/** Where nothing runs at all, nothing can be said. */
function nobodySelected(object: Selecting, mesh: Mesh): Diagnostic[] {
  const labels = object.spec.workloadSelector?.matchLabels
  const there = [...mesh.workloads.values()].filter(workload => workload.namespace === object.namespace)
  if (!labels || there.length === 0 || there.some(workload => hasLabels(workload.labels, labels))) return []
  return [
    diagnostic(object, ['spec', 'workloadSelector'], {
      code: 'MZ0202',
      level: 'warning',
      message: `no workload of namespace ${object.namespace} has the labels ${Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(', ')}`,
      effect: 'what stands here holds for nobody',
      fix: 'correct the labels, or put the object into the namespace of its workloads',
    }),
  ]
}

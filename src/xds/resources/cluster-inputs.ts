/** What clusters for the services that a proxy knows are made of. */
import type { Resolution, Service, ServiceEndpoints, ServicePort } from '../../model/service.ts'
import type { MergedRule, Subset, TrafficPolicy } from '../../model/traffic-policy.ts'
import { effectivePolicy } from '../../model/traffic-rule-lookup.ts'
import { withMeshDefaults } from './mesh-defaults.ts'
import type { View } from './view.ts'

export interface ClusterInputs {
  readonly view: View
  readonly service: Service
  readonly port: ServicePort
  readonly subset: Subset | undefined
  readonly rule: MergedRule | undefined
  readonly policy: TrafficPolicy | undefined
  readonly endpoints: ServiceEndpoints | undefined
  /** Service accounts that its endpoints run as. */
  readonly accounts: readonly string[]
}

/** Of one service: a cluster for each port, and one more for each subset of its rule. */
export function clusterInputs(
  view: View,
  service: Service,
  rule: MergedRule | undefined,
  endpoints: ServiceEndpoints | undefined,
  accounts: readonly string[] = [],
): ClusterInputs[] {
  const subsets = [undefined, ...(rule?.subsets ?? [])]
  return service.ports
    .filter(port => port.protocol !== 'UDP')
    .flatMap(port =>
      subsets.map(subset => ({
        view,
        service,
        port,
        subset,
        rule,
        endpoints,
        accounts,
        policy: withMeshDefaults(effectivePolicy(rule, port.number, subset), view.settings),
      })),
    )
}

/** What the data plane resolves the cluster with, which depends on the proxy: without redirection there is no original destination. */
export function discoveryOf({ view, service, port, policy }: ClusterInputs): Resolution {
  const original = service.resolution === 'original' || policy?.balancer?.kind === 'passthrough'
  if (!original || service.resolution === 'dynamic-dns') return service.resolution
  if (view.capture === 'redirect' && view.kind === 'sidecar') return 'original'
  if (service.headless || service.resolution !== 'original') return service.headless ? 'endpoints' : service.resolution
  return port.protocol === 'TCP' && !service.hostname.startsWith('*') ? 'dns' : 'dynamic-dns'
}

/** Whether requests may have to be resolved by name when they come, for which connection managers need a filter. */
export function resolvesNames(view: View): boolean {
  if (view.capture === 'ports') return true
  return view.scope.services.some(
    service =>
      service.resolution === 'dynamic-dns' || (view.kind === 'gateway' && service.resolution === 'original' && !service.headless),
  )
}

/** Which clusters a proxy has for the services it knows, and what each is made of. */
import { type Resolution, type Service, type ServiceEndpoints, type ServicePort, serviceKey } from '../../model/service.ts'
import type { MergedRule, Subset, TrafficPolicy } from '../../model/traffic-policy.ts'
import { effectivePolicy } from '../../model/traffic-rule-lookup.ts'
import { ruleFor, type View } from './view.ts'

/** What one cluster is made of. */
export interface ClusterInputs {
  readonly view: View
  readonly service: Service
  readonly port: ServicePort
  readonly subset: Subset | undefined
  readonly rule: MergedRule | undefined
  readonly policy: TrafficPolicy | undefined
  readonly endpoints: ServiceEndpoints | undefined
}

export function outboundClusterInputs(view: View): ClusterInputs[] {
  const all: ClusterInputs[] = []
  for (const service of view.scope.services) {
    const rule = ruleFor(view, service)
    const endpoints = view.mesh.endpoints.get(serviceKey(service))
    for (const port of service.ports) {
      if (port.protocol === 'UDP') continue
      for (const subset of [undefined, ...(rule?.subsets ?? [])]) {
        all.push({ view, service, port, subset, rule, endpoints, policy: effectivePolicy(rule, port.number, subset) })
      }
    }
  }
  return all
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

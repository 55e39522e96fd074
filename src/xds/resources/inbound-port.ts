/** What a sidecar's inbound side serves: one entry for each port of the workload. */
import type { Mesh } from '../../model/mesh.ts'
import { builtIn, type Origin } from '../../model/origin.ts'
import type { Protocol } from '../../model/protocol.ts'
import { type MeshProxy, type ServedPort, servedPorts } from '../../model/proxy.ts'
import { limitsFor, type RateLimit } from '../../model/rate-limit.ts'
import { sidecarFor } from '../../model/scope.ts'
import type { Service, ServicePort } from '../../model/service.ts'
import type { ConnectionPool } from '../../model/traffic-policy.ts'
import { effectivePolicy, trafficRuleFor } from '../../model/traffic-rule-lookup.ts'

export interface InboundPort {
  /** Port of the workload, by which connections from outside name it. */
  readonly target: number
  readonly protocol: Protocol
  /** The service port it is named after: the oldest of those that lead here; undefined: none does. */
  readonly service: Service | undefined
  readonly port: ServicePort | undefined
  /** All services that lead here. */
  readonly services: readonly Service[]
  /** Where the proxy listens; undefined: where it is redirected to. */
  readonly listen: { readonly address: string; readonly port: number } | undefined
  /** Where the application does; undefined: at the connection's original destination. */
  readonly endpoint: { readonly address: string; readonly port: number } | undefined
  readonly pool: ConnectionPool | undefined
  readonly rateLimits: readonly RateLimit[]
  readonly origin: Origin
}

/** In ascending order of ports. */
export function inboundPorts(mesh: Mesh, proxy: MeshProxy): InboundPort[] {
  const sidecar = sidecarFor(mesh, proxy.namespace, proxy.labels)
  const ports = sidecar?.ingress ? configuredPorts(mesh, proxy) : [...byTarget(mesh, proxy), ...unservedPorts(mesh, proxy)]
  return ports.sort((a, b) => a.target - b.target)
}

function byTarget(mesh: Mesh, proxy: MeshProxy): InboundPort[] {
  const targets = Map.groupBy(servedPorts(mesh, proxy), served => served.target)
  return [...targets].flatMap(([target, served]) => {
    const first = served.find(entry => entry.port.protocol !== 'UDP')
    if (!first) return []
    const { service, port } = first
    return [
      {
        target,
        protocol: port.protocol,
        service,
        port,
        services: [...new Set(served.map(entry => entry.service))],
        ...addresses(mesh, proxy, target),
        pool: poolFor(mesh, proxy, service, port),
        rateLimits: limitsOf(mesh, proxy, target, served),
        origin: service.origin,
      },
    ]
  })
}

/** Without redirection nothing is passed through, so that ports no service names need a listener too. */
function unservedPorts(mesh: Mesh, proxy: MeshProxy): InboundPort[] {
  if (proxy.capture.kind !== 'ports') return []
  const served = new Set(servedPorts(mesh, proxy).map(entry => entry.target))
  return [...proxy.capture.inbound.keys()]
    .filter(target => !served.has(target))
    .map(target => ({
      target,
      protocol: 'auto',
      service: undefined,
      port: undefined,
      services: [],
      ...addresses(mesh, proxy, target),
      pool: undefined,
      rateLimits: limitsOf(mesh, proxy, target, []),
      origin: builtIn(`port ${target} of the workload`),
    }))
}

function addresses(mesh: Mesh, proxy: MeshProxy, target: number): Pick<InboundPort, 'listen' | 'endpoint'> {
  if (proxy.capture.kind === 'ports') {
    const ports = proxy.capture.inbound.get(target)
    return {
      listen: { address: '127.0.0.1', port: ports?.listen ?? target },
      endpoint: { address: '127.0.0.1', port: ports?.app ?? target },
    }
  }
  const endpoint = mesh.settings.inboundPolicy === 'localhost' ? { address: '127.0.0.1', port: target } : undefined
  return { listen: undefined, endpoint }
}

/** What a Sidecar says the workload listens on; the services keep giving it their names. */
function configuredPorts(mesh: Mesh, proxy: MeshProxy): InboundPort[] {
  const sidecar = sidecarFor(mesh, proxy.namespace, proxy.labels)
  const served = servedPorts(mesh, proxy)
  return (sidecar?.ingress ?? []).map(ingress => {
    const { number, protocol } = ingress.port
    const first = served.find(entry => entry.target === number)
    const own = addresses(mesh, proxy, number)
    return {
      target: number,
      protocol,
      service: first?.service,
      port: first?.port,
      services: [...new Set(served.filter(entry => entry.target === number).map(entry => entry.service))],
      listen: own.listen ?? (ingress.capture === 'none' ? { address: ingress.bind || '0.0.0.0', port: number } : undefined),
      endpoint: endpointOf(ingress.endpoint, proxy) ?? own.endpoint ?? { address: '127.0.0.1', port: number },
      pool: ingress.pool ?? sidecar?.inboundPool,
      rateLimits: limitsOf(
        mesh,
        proxy,
        number,
        served.filter(entry => entry.target === number),
      ),
      origin: sidecar?.origin ?? builtIn('Sidecar'),
    }
  })
}

type ConfiguredEndpoint = NonNullable<NonNullable<ReturnType<typeof sidecarFor>>['ingress']>[number]['endpoint']

function endpointOf(configured: ConfiguredEndpoint, proxy: MeshProxy): InboundPort['endpoint'] {
  if (!configured) return undefined
  if ('path' in configured) return { address: `unix://${configured.path}`, port: 0 }
  // "0.0.0.0" stands for the instance's own address.
  return configured.address === '0.0.0.0' ? { address: proxy.addresses[0] ?? '127.0.0.1', port: configured.port } : configured
}

function limitsOf(
  { rateLimits, settings }: Mesh,
  { namespace, labels }: MeshProxy,
  target: number,
  served: readonly ServedPort[],
) {
  if (rateLimits.length === 0) return rateLimits
  const services = served.map(({ service, port }) => ({ service, port: port.number }))
  return limitsFor(rateLimits, settings.rootNamespace, { namespace, labels, services, port: target })
}

/** A Sidecar's pool, else that of the traffic rule for the workload's own service. */
function poolFor(mesh: Mesh, proxy: MeshProxy, service: Service, port: ServicePort): ConnectionPool | undefined {
  const sidecar = sidecarFor(mesh, proxy.namespace, proxy.labels)
  return sidecar?.inboundPool ?? effectivePolicy(trafficRuleFor(mesh, proxy, service), port.number, undefined)?.pool
}

/** Services: names that clients address, their ports, and the endpoints behind them. */
import type { Labels } from './labels.ts'
import type { Locality } from './locality.ts'
import type { Origin } from './origin.ts'
import type { Protocol } from './protocol.ts'
import type { Visibility } from './visibility.ts'

/**
 * How the address of a request is found:
 * - endpoints: one of the endpoints the mesh knows
 * - dns: all addresses of a DNS name; dns-round-robin: one of them at a time
 * - original: the address the client dialled (headless services, ServiceEntry NONE)
 * - dynamic-dns: the name the client asked for, resolved when it asks
 */
export type Resolution = 'endpoints' | 'dns' | 'dns-round-robin' | 'original' | 'dynamic-dns'

export interface ServicePort {
  readonly name: string
  readonly number: number
  readonly protocol: Protocol
  /** The port of the workload: a number, or the name of one of its ports. */
  readonly target: number | string
}

export interface Service {
  /** Fully qualified, lower case; may be a wildcard. */
  readonly hostname: string
  readonly namespace: string
  /** Name of the object it comes from. */
  readonly name: string
  readonly ports: readonly ServicePort[]
  /** Virtual addresses: IPs or CIDR ranges; none for headless services. */
  readonly addresses: readonly string[]
  readonly resolution: Resolution
  /** Has no virtual address: clients dial the endpoints themselves. */
  readonly headless: boolean
  /** Outside the mesh: no sidecar stands before it. */
  readonly external: boolean
  /** Declared by the platform (a Kubernetes Service) and not by a ServiceEntry; goes before those of the same name. */
  readonly platform: boolean
  /** Which workloads of its namespace stand behind it; undefined: none are selected, endpoints come from elsewhere. */
  readonly selector: Labels | undefined
  readonly exportTo: Visibility
  /** Other names for the same service (ExternalName services that point here). */
  readonly aliases: readonly Alias[]
  /** Names its certificate may have, instead of those of the workloads. */
  readonly subjectAltNames: readonly string[]
  /** Whether its ports, target by port, say what a gateway behind it listens on. */
  readonly mapsGatewayPorts: boolean
  /** Has no address, and may be given one where DNS questions are answered (allocated-addresses.ts). */
  readonly wantsAddress?: true
  readonly trafficDistribution: 'PreferClose' | 'PreferSameZone' | 'PreferSameNode' | undefined
  readonly created: string
  readonly origin: Origin
}

export interface Alias {
  readonly hostname: string
  readonly namespace: string
}

/** One address that serves one port of a service. */
export interface Endpoint {
  /** IP address, DNS name, or path of a unix socket (port 0). */
  readonly address: string
  readonly port: number
  readonly labels: Labels
  readonly locality: Locality
  /** Relative to the others of its service. @default 1 */
  readonly weight: number
  /** "namespace/name" of the workload, where it is known. */
  readonly workload: string | undefined
  readonly workloadName: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly network: string
  readonly node: string
  /**
   * A gRPC server without a proxy, which cannot tell mutual TLS from plaintext: it takes the one where policy is STRICT, the other elsewhere.
   * @default false
   */
  readonly strictOnly?: boolean
}

/** Endpoints by service port number. */
export type ServiceEndpoints = ReadonlyMap<number, readonly Endpoint[]>

/** Services of one name live side by side in several namespaces; this tells them apart. */
export function serviceKey(service: { readonly namespace: string; readonly hostname: string }): string {
  return `${service.namespace}/${service.hostname}`
}

export function portOf(service: Service, number: number): ServicePort | undefined {
  return service.ports.find(port => port.number === number)
}

/**
 * Endpoints as an assignment gives them (envoy.config.endpoint.v3.ClusterLoadAssignment), checked and in the form that hosts are made of.
 */
import { isIP } from 'node:net'
import type { Address } from '../../xds/gen/envoy/config/core/v3/address.ts'
import type { Metadata } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { HealthStatus } from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import type { ClusterLoadAssignment } from '../../xds/gen/envoy/config/endpoint/v3/endpoint.ts'
import type {
  Endpoint_HealthCheckConfig,
  LbEndpoint,
  LocalityLbEndpoints,
} from '../../xds/gen/envoy/config/endpoint/v3/endpoint_components.ts'
import { type Labels, lbLabels } from '../balance/labels.ts'

/** What may change while a host stays the same host. */
export interface EndpointTraits {
  readonly weight: number
  readonly priority: number
  readonly locality: Locality
  readonly localityWeight: number
  readonly labels: Labels
  readonly health: HealthStatus
  readonly metadata: Metadata | undefined
}

/** How an endpoint is checked actively, where that differs from how it is used. */
export interface EndpointCheck {
  /** 0: the endpoint's. */
  readonly port: number
  /** IP address; empty: the endpoint's. */
  readonly address: string
  /** In place of the check's host or authority; may be empty. */
  readonly hostname: string
  /** Never checked, and well as far as checks go. */
  readonly disabled: boolean
}

export interface Locality {
  readonly region: string
  readonly zone: string
  readonly subZone: string
}

export interface Endpoint extends EndpointTraits {
  /** An IP address or, in clusters that resolve names, a name. Empty with a unix socket. */
  readonly host: string
  readonly port: number
  /** A unix socket. */
  readonly path: string | undefined
  /** As configured; may be empty. */
  readonly hostname: string
  readonly check: EndpointCheck
}

export const PLAIN_CHECK: EndpointCheck = { port: 0, address: '', hostname: '', disabled: false }
const NOWHERE: Locality = { region: '', zone: '', subZone: '' }

/** An assignment, read. */
export interface Assignment {
  readonly endpoints: readonly Endpoint[]
  /** Percent; undefined: the balancer's default. How far healthy hosts of a priority stand in for its unhealthy ones. */
  readonly overprovisioning: number | undefined
}

/**
 * @param names whether addresses may be names
 * @throws on an address that cannot be connected to
 */
export function readAssignment(message: ClusterLoadAssignment, names: boolean): Assignment {
  return { endpoints: readEndpoints(message, names), overprovisioning: message.policy?.overprovisioningFactor }
}

function readEndpoints(assignment: ClusterLoadAssignment, names: boolean): Endpoint[] {
  const endpoints: Endpoint[] = []
  for (const group of assignment.endpoints) {
    if (group.lbConfig) throw new Error('endpoints by reference (LEDS) are not supported, expected lb_endpoints')
    for (const endpoint of group.lbEndpoints) endpoints.push(readEndpoint(endpoint, group, names))
  }
  return endpoints
}

/** "10.0.0.5:8080", "[::1]:80" */
export function addressText(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

/** "region/zone/subzone" */
export function localityText({ region, zone, subZone }: Locality): string {
  return `${region}/${zone}/${subZone}`
}

/** UNKNOWN counts as healthy, as Envoy says; DRAINING, TIMEOUT and UNHEALTHY get no new traffic. */
export function isUsable(health: HealthStatus): boolean {
  return health === HealthStatus.UNKNOWN || health === HealthStatus.HEALTHY || health === HealthStatus.DEGRADED
}

function readEndpoint(message: LbEndpoint, group: LocalityLbEndpoints, names: boolean): Endpoint {
  const identifier = message.hostIdentifier
  if (identifier?.$case !== 'endpoint') throw new Error('an endpoint is given by name only, expected one with an address')
  return {
    ...readAddress(identifier.value.address, names),
    hostname: identifier.value.hostname,
    weight: message.loadBalancingWeight ?? 1,
    priority: group.priority,
    locality: group.locality ?? NOWHERE,
    localityWeight: group.loadBalancingWeight ?? 0,
    labels: lbLabels(message.metadata),
    health: message.healthStatus,
    metadata: message.metadata,
    check: readCheck(identifier.value.healthCheckConfig),
  }
}

function readCheck(message: Endpoint_HealthCheckConfig | undefined): EndpointCheck {
  if (!message) return PLAIN_CHECK
  const { portValue: port, hostname, disableActiveHealthCheck: disabled } = message
  const address = message.address && readAddress(message.address, false)
  if (address?.path !== undefined) throw new Error(`health_check_config has the pipe "${address.path}", expected an IP address`)
  if (port > 65_535) throw new Error(`health_check_config has the port ${port}, expected at most 65535`)
  return { port: port || (address?.port ?? 0), address: address?.host ?? '', hostname, disabled }
}

function readAddress(message: Address | undefined, names: boolean): { host: string; port: number; path: string | undefined } {
  const address = message?.address
  if (address?.$case === 'pipe') return { host: '', port: 0, path: address.value.path }
  if (address?.$case !== 'socketAddress') throw new Error('an endpoint has no address, expected a socket address or a pipe')
  const { address: host, portSpecifier } = address.value
  if (portSpecifier?.$case !== 'portValue' || portSpecifier.value > 65_535)
    throw new Error(`endpoint "${host}" has no port, expected port_value from 0 to 65535`)
  if (host === '' || (!names && isIP(host) === 0))
    throw new Error(
      `malformed endpoint address "${host}", expected an IP address${names ? ' or a name' : ' (names need STRICT_DNS or LOGICAL_DNS)'}`,
    )
  return { host, port: portSpecifier.value, path: undefined }
}

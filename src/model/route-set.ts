/**
 * A set of rules for some hosts, attached to the sidecars of the mesh or to gateways. VirtualService becomes this, and so do HTTPRoute and
 * mizzen's own route kinds: they meet here and nowhere else.
 */
import type { ClientMatch, Destination, HttpRule } from './http-rule.ts'
import type { Origin } from './origin.ts'
import type { Visibility } from './visibility.ts'

/** The attachment that stands for all sidecars. */
export const MESH = 'mesh'

export interface RouteSet {
  readonly name: string
  readonly namespace: string
  readonly hosts: readonly string[]
  /** MESH, or "namespace/name" of gateways. */
  readonly attachments: readonly string[]
  readonly exportTo: Visibility
  readonly http: readonly HttpRule[]
  readonly tls: readonly TlsRule[]
  readonly tcp: readonly TcpRule[]
  readonly created: string
  readonly origin: Origin
}

export interface TcpDestination extends Destination {
  readonly weight: number
  /** Leads nowhere by configuration: connections of its share are closed. */
  readonly closed?: boolean
}

export interface TcpMatch {
  /** CIDR ranges of the destination; none: any. */
  readonly subnets: readonly string[]
  readonly client: ClientMatch
}

export interface TcpRule {
  /** Any of them; none: always. */
  readonly matches: readonly TcpMatch[]
  readonly destinations: readonly TcpDestination[]
  readonly origin: Origin
}

export interface TlsMatch extends TcpMatch {
  readonly serverNames: readonly string[]
}

export interface TlsRule {
  readonly matches: readonly TlsMatch[]
  readonly destinations: readonly TcpDestination[]
  readonly origin: Origin
}

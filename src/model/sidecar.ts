/** What the sidecars of some workloads may know and what they listen on, as configured (Istio's Sidecar). scope.ts applies it. */
import type { ScopedHost } from './host.ts'
import type { Destination } from './http-rule.ts'
import type { Labels } from './labels.ts'
import type { Origin } from './origin.ts'
import type { Protocol } from './protocol.ts'
import type { ConnectionPool } from './traffic-policy.ts'

export interface SidecarConfig {
  readonly name: string
  readonly namespace: string
  /** undefined: all workloads of the namespace. */
  readonly selector: Labels | undefined
  /** Replaces the listeners that follow from the services; undefined: it does not. */
  readonly ingress: readonly IngressListener[] | undefined
  readonly egress: readonly EgressConfig[]
  readonly inboundPool: ConnectionPool | undefined
  /** undefined: the mesh's. */
  readonly outboundPolicy: 'allow-any' | 'registry-only' | undefined
  readonly egressProxy: Destination | undefined
  readonly created: string
  readonly origin: Origin
}

export interface ListenPort {
  readonly number: number
  readonly protocol: Protocol
  readonly name: string
}

export type CaptureMode = 'default' | 'redirect' | 'none'

export interface IngressListener {
  readonly port: ListenPort
  readonly bind: string
  readonly capture: CaptureMode
  /** Where the application listens; undefined: as the port. */
  readonly endpoint: { readonly address: string; readonly port: number } | { readonly path: string } | undefined
  readonly pool: ConnectionPool | undefined
}

export interface EgressConfig {
  /** undefined: the ports of the services. */
  readonly port: ListenPort | undefined
  readonly bind: string
  readonly capture: CaptureMode
  readonly hosts: readonly ScopedHost[]
  /** Entries that take hosts out again. */
  readonly excluded: readonly ScopedHost[]
}

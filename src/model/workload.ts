/** Workloads: running instances with a proxy beside them, and how traffic reaches that proxy. */
import type { Labels } from './labels.ts'
import type { Locality } from './locality.ts'
import type { Origin } from './origin.ts'
import type { ProxySettings } from './proxy-settings.ts'

export interface Workload {
  readonly namespace: string
  readonly name: string
  /** The name shared by all replicas (the Deployment's), for metrics. */
  readonly workloadName: string
  readonly labels: Labels
  readonly addresses: readonly string[]
  readonly serviceAccount: string
  readonly locality: Locality
  readonly network: string
  readonly node: string
  readonly ready: boolean
  /** Container ports by name, for services that name their target port. */
  readonly namedPorts: ReadonlyMap<string, number>
  readonly capture: Capture
  /** See MeshProxy.identity. */
  readonly identity: boolean
  /** A gRPC application that is its own data plane: it reads xDS itself, no proxy stands before it. @default false */
  readonly proxyless?: boolean
  /** What the workload itself says of its proxy. */
  readonly proxySettings?: ProxySettings | undefined
  readonly origin: Origin
}

/**
 * redirect: all connections of the workload, in and out, are redirected to the proxy, which learns the original destination.
 * ports: the proxy listens on ports of its own and the application is told of them (one machine, one address for all).
 */
export type Capture = { readonly kind: 'redirect' } | PortCapture

export interface PortCapture {
  readonly kind: 'ports'
  /** Target port -> where the proxy listens and where the application does. For gateways: server port -> listening port. */
  readonly inbound: ReadonlyMap<number, { readonly listen: number; readonly app: number }>
  /** Port of the proxy's HTTP forward proxy for the application; undefined: none. */
  readonly httpProxy: number | undefined
  /** Services that are not HTTP/1: local port -> what is forwarded from there. */
  readonly forwards: readonly Forward[]
  /** Where a gateway listens unless its Gateway says so. @default "127.0.0.1" */
  readonly address?: string
}

export interface Forward {
  readonly listen: number
  readonly host: string
  readonly port: number
}

export function workloadKey(workload: { readonly namespace: string; readonly name: string }): string {
  return `${workload.namespace}/${workload.name}`
}

/** Statuses of Gateway API objects as data: what a controller writes into them (times and generations are added by who writes). */
import type { ParentReference } from '../../api/gateway/references.ts'
import type { ObjectHead } from '../../api/object.ts'

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

/**
 * Whether clients of the ambient mode follow a route of a Service. mizzen has no such clients: files are judged for those who move from
 * one to the other, and a cluster is not told.
 */
export const WAYPOINTS = 'ResolvedWaypoints'

/** Why something is not so: a reason of the API, and a sentence. */
export interface Refusal {
  readonly reason: string
  readonly message: string
}

export interface RouteKind {
  readonly group: string
  readonly kind: string
}

export interface ListenerStatus {
  readonly name: string
  readonly port: number
  readonly supportedKinds: readonly RouteKind[]
  readonly attachedRoutes: number
  readonly conditions: readonly Condition[]
}

export interface ParentStatus {
  readonly parentRef: ParentReference
  readonly controllerName: string
  readonly conditions: readonly Condition[]
}

export interface AncestorStatus {
  readonly ancestorRef: ParentReference
  readonly controllerName: string
  readonly conditions: readonly Condition[]
}

/** The status of one object: of the fields those that its kind has. */
export interface ObjectStatus {
  readonly object: Pick<ObjectHead, 'kind' | 'apiVersion' | 'group' | 'namespace' | 'name' | 'generation'>
  /** A class of Istio's that mizzen does not serve: shown, and never written to a cluster. */
  readonly unserved?: true
  readonly conditions?: readonly Condition[]
  /** Of a GatewayClass. */
  readonly supportedFeatures?: readonly { readonly name: string }[]
  readonly addresses?: readonly { readonly type: string; readonly value: string }[]
  readonly listeners?: readonly ListenerStatus[]
  readonly attachedListenerSets?: number
  readonly parents?: readonly ParentStatus[]
  readonly ancestors?: readonly AncestorStatus[]
  /** Of an Ingress. */
  readonly loadBalancer?: { readonly ingress: readonly { readonly ip?: string; readonly hostname?: string }[] }
}

/** True with `reason` unless something speaks against it. */
export function condition(type: string, refusal: Refusal | undefined, reason: string, message: string): Condition {
  return refusal ? { type, status: 'False', ...refusal } : { type, status: 'True', reason, message }
}

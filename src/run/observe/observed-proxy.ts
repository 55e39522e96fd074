/** A proxy as the observer sees it: whose it is, and where its admin endpoint answers. */
import type { AdminAddress } from './admin-request.ts'

export interface ObservedProxy {
  /** "namespace/name" of the pod. */
  readonly key: string
  readonly namespace: string
  /** What its replicas have in common (the Deployment's name). */
  readonly workload: string
  readonly gateway: boolean
  readonly admin: AdminAddress
}

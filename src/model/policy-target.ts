/** Which workloads a policy is for (Istio's selector and targetRefs). */
import type { Labels } from './labels.ts'
import { hasLabels } from './labels.ts'

export interface PolicyTarget {
  readonly namespace: string
  /** Labels of the workloads; undefined or empty: all. */
  readonly selector: Labels | undefined
  /** Objects instead of workloads; empty: none are named. */
  readonly targets: readonly TargetReference[]
}

export interface TargetReference {
  readonly group: string
  readonly kind: string
  readonly name: string
}

/** What of a proxy tells whether a policy is for it. */
export interface TargetedWorkload {
  readonly kind: 'sidecar' | 'gateway' | 'grpc'
  readonly namespace: string
  readonly labels: Labels
}

/** The label that the proxies of a Gateway API gateway carry. */
const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name'
const GATEWAY_CLASS = 'gateway.networking.k8s.io/gateway-class-name'

/** A policy of the root namespace is for workloads everywhere. Only gateways of the Gateway API are meant by references. */
export function isFor(policy: PolicyTarget, workload: TargetedWorkload, rootNamespace: string): boolean {
  if (policy.namespace !== workload.namespace && policy.namespace !== rootNamespace) return false
  if (policy.targets.length > 0) return policy.targets.some(target => isMeant(policy, target, workload, rootNamespace))
  return policy.selector === undefined || hasLabels(workload.labels, policy.selector)
}

function isMeant(policy: PolicyTarget, target: TargetReference, workload: TargetedWorkload, rootNamespace: string): boolean {
  if (workload.kind !== 'gateway' || target.group !== 'gateway.networking.k8s.io') return false
  if (target.kind === 'GatewayClass') return policy.namespace === rootNamespace && workload.labels[GATEWAY_CLASS] === target.name
  return target.kind === 'Gateway' && policy.namespace === workload.namespace && workload.labels[GATEWAY_NAME] === target.name
}

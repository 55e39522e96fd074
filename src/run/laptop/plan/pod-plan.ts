/** What `mizzen up` is going to run: pods with their containers and proxies, as plain data made of the manifests. */

import type { Probe } from '../../../api/kubernetes/pod/schema.ts'
import type { Origin } from '../../../api/object.ts'
import type { EnvSources } from '../env/resolve.ts'

export const ENGINES = ['mizzen', 'envoy'] as const
/** Which data plane stands beside a pod. */
export type Engine = (typeof ENGINES)[number]

/** What all pods of a workload have in common. */
export interface PodTemplate {
  readonly namespace: string
  /** What the pod is a replica of: the Deployment; of a bare pod itself. */
  readonly workload: { readonly kind: 'Deployment' | 'Pod'; readonly name: string }
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly serviceAccount: string
  /**
   * Undefined: the pod is not part of the mesh (injection is off). A router is a gateway and has no containers. grpc: the application is its own
   * data plane, and what stands beside it is only an agent.
   */
  readonly proxy: { readonly type: 'sidecar' | 'router' | 'grpc'; readonly engine: Engine } | undefined
  /** Run one after another before the containers start. */
  readonly initContainers: readonly ContainerPlan[]
  readonly containers: readonly ContainerPlan[]
  /** Ports of the pod that others address, ascending: those of its containers and those that Services target. TCP only. */
  readonly ports: readonly number[]
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number
  readonly origin: Origin
  /** Pods with the same fingerprint need no restart. */
  readonly fingerprint: string
}

export interface PodPlan extends PodTemplate {
  /** "namespace/name". */
  readonly key: string
  readonly name: string
}

/** A Deployment, a bare pod, or a gateway that the manifests take for granted. */
export interface WorkloadPlan {
  /** "Deployment shop/cart". */
  readonly key: string
  readonly replicas: number
  /** A changed pod has its successor beside it until that is ready; otherwise it goes first, and its name and ports are taken over. */
  readonly overlaps: boolean
  readonly pod: PodTemplate
}

export function workloadKey({ workload, namespace }: Pick<PodTemplate, 'workload' | 'namespace'>): string {
  return `${workload.kind} ${namespace}/${workload.name}`
}

/** `cart-0`, `cart-1`; a bare pod has its own name. */
export function podOf({ pod }: WorkloadPlan, index: number): PodPlan {
  const name = pod.workload.kind === 'Pod' ? pod.workload.name : `${pod.workload.name}-${index}`
  return { ...pod, name, key: `${pod.namespace}/${name}` }
}

export interface ContainerPlan {
  readonly name: string
  /** Program and arguments, before `$(VAR)` is expanded; not empty. */
  readonly argv: readonly string[]
  /** Absolute. */
  readonly workdir: string
  readonly env: EnvSources
  readonly ports: readonly ContainerPort[]
  readonly startupProbe: Probe | undefined
  readonly readinessProbe: Probe | undefined
  readonly livenessProbe: Probe | undefined
}

export interface ContainerPort {
  readonly name: string | undefined
  readonly number: number
}

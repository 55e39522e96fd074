/** What `mizzen up` is going to run: pods with their containers and proxies, as plain data made of the manifests. */

import type { Probe } from '../../../api/kubernetes/pod/schema.ts'
import type { Origin } from '../../../api/object.ts'
import type { EnvSources } from '../env/resolve.ts'

export const ENGINES = ['mizzen', 'envoy'] as const
/** Which data plane stands beside a pod. */
export type Engine = (typeof ENGINES)[number]

export interface PodPlan {
  /** "namespace/name". */
  readonly key: string
  readonly namespace: string
  readonly name: string
  /** What the pod is a replica of: the Deployment; of a bare pod itself. */
  readonly workload: { readonly kind: 'Deployment' | 'Pod'; readonly name: string }
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly serviceAccount: string
  /** Undefined: the pod is not part of the mesh (injection is off). A router is a gateway and has no containers. */
  readonly proxy: { readonly type: 'sidecar' | 'router'; readonly engine: Engine } | undefined
  /** Run one after another before the containers start. */
  readonly initContainers: readonly ContainerPlan[]
  readonly containers: readonly ContainerPlan[]
  /** Ports of the pod that others address, ascending: those of its containers and those that Services target. TCP only. */
  readonly ports: readonly number[]
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number
  readonly origin: Origin
  /** Two plans of one pod with the same fingerprint need no restart. */
  readonly fingerprint: string
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

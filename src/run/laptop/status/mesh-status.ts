/** What a running laptop mesh tells of itself: to `mizzen ps` through a file in its state directory, and to the status page. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { RolloutStatus } from '../../ramps/ramps.ts'
import type { StateDirectory } from '../state/directory.ts'

export interface MeshStatus {
  /** Process id of the `mizzen up` that tells it. */
  readonly runner: number
  readonly phase: 'starting' | 'ready' | 'stopping'
  readonly directory: string
  readonly ingress: readonly Ingress[]
  /** URL of the status page. */
  readonly dashboard: string
  /** The same for people of other machines who may edit, with the token; "": it listens for this machine alone. */
  readonly dashboardLogin: string
  /** URL of the Prometheus of `--with prometheus`; "": there is none. */
  readonly prometheus: string
  /** Where proxies get their configuration: "unix:/...". */
  readonly controlPlane: string
  readonly workloads: readonly WorkloadStatus[]
  /** Of WeightedDestinationRules, begun or ended. */
  readonly rollouts: readonly RolloutStatus[]
  /** Why parts of the manifests are not running: whole messages. */
  readonly problems: readonly string[]
}

export interface Ingress {
  /** As the Gateway says; "*" is every host. */
  readonly host: string
  /** Where to send a request: with `host` in its Host header, unless that is "*". */
  readonly url: string
}

/** One pod. */
export interface WorkloadStatus {
  readonly namespace: string
  readonly name: string
  /** Label app.kubernetes.io/version or version; "". */
  readonly version: string
  /** none: no proxy stands beside it; grpc: none has to, the application is its own data plane. */
  readonly engine: 'mizzen' | 'envoy' | 'grpc' | 'none'
  readonly ready: boolean
  /** Of the first container; null when it does not run, and for gateways. */
  readonly pid: number | null
  readonly proxyPid: number | null
  /** Where its proxy's admin endpoint is asked; null: it has none yet. */
  readonly admin: AdminTarget | null
  readonly restarts: number
  /** "ready", "starting"... */
  readonly phase: string
  /** Why it is not ready; "". */
  readonly reason: string
}

export interface AdminTarget {
  readonly host: string
  readonly port: number
  /** To be asked from; undefined: any. */
  readonly localAddress?: string | undefined
}

export function writeMeshStatus(state: StateDirectory, status: MeshStatus): void {
  const part = `${state.mesh}.part`
  writeFileSync(part, JSON.stringify(status), { mode: 0o600 })
  renameSync(part, state.mesh)
}

/** @returns undefined when that run has told nothing yet */
export function readMeshStatus(state: StateDirectory, runner: number): MeshStatus | undefined {
  try {
    const status: unknown = JSON.parse(readFileSync(state.mesh, 'utf8'))
    return isMeshStatus(status) && status.runner === runner ? status : undefined
  } catch {
    return undefined
  }
}

/** The file is written by mizzen alone, whole or not at all: a look at its outline is enough. */
function isMeshStatus(status: unknown): status is MeshStatus {
  return (
    typeof status === 'object' &&
    status !== null &&
    'runner' in status &&
    'workloads' in status &&
    Array.isArray(status.workloads)
  )
}

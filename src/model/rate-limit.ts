/** How many requests workloads take. Durations in milliseconds. */
import { hostsMatch } from './host.ts'
import type { HttpMatch } from './http-rule.ts'
import { hasLabels, type Labels } from './labels.ts'
import type { Origin } from './origin.ts'
import type { Service } from './service.ts'

export interface RateLimit {
  readonly name: string
  readonly namespace: string
  readonly target: LimitTarget
  /** Requests that count: any of them; none: all. */
  readonly matches: readonly HttpMatch[]
  /** Each combination of values has a bucket of its own. */
  readonly keys: readonly LimitKey[]
  readonly sustained: LimitRate
  /** Requests that may come at once. */
  readonly burst: number
  /** What even a burst may not exceed. */
  readonly peak: LimitRate | undefined
  /** Counted for all replicas together; undefined: each proxy for itself. */
  readonly shared: SharedLimit | undefined
  /** What a limited caller gets. */
  readonly status: 429 | 503
  /** Whether answers say how much is left, and when to come again. */
  readonly headers: boolean
  /** Count only. */
  readonly shadow: boolean
  readonly created: string
  readonly origin: Origin
}

export type LimitTarget =
  /** The workloads of a service; port undefined: all its ports. */
  | { readonly kind: 'service'; readonly host: string; readonly port: number | undefined }
  /** Workloads and gateways of the limit's own namespace. */
  | { readonly kind: 'workloads'; readonly labels: Labels; readonly port: number | undefined }

export type LimitKey =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'identity' }
  | { readonly kind: 'address' }

export interface LimitRate {
  readonly requests: number
  readonly perMs: number
}

export interface SharedLimit {
  /** host:port; "": counted in the control plane. */
  readonly redis: string
  readonly timeoutMs: number
  /** Whether requests are refused when nobody can be asked. */
  readonly denyOnFailure: boolean
}

/** A name for the limit that no other has: what the rate limit service knows it by. */
export function limitKey(limit: Pick<RateLimit, 'namespace' | 'name'>): string {
  return `${limit.namespace}/${limit.name}`
}

interface LimitedPort {
  readonly namespace: string
  readonly labels: Labels
  /** Services that lead to the port, and their port numbers. */
  readonly services: readonly { readonly service: Service; readonly port: number }[]
  /** The port itself. */
  readonly port: number
}

/** The limits of one port of a workload, oldest first. A service's limits are made in its own namespace, or in the root namespace. */
export function limitsFor(limits: readonly RateLimit[], rootNamespace: string, at: LimitedPort): readonly RateLimit[] {
  return limits.filter(({ namespace, target }) => {
    if (target.kind === 'workloads') {
      return namespace === at.namespace && hasLabels(at.labels, target.labels) && (target.port ?? at.port) === at.port
    }
    return at.services.some(
      ({ service, port }) =>
        (namespace === service.namespace || namespace === rootNamespace) &&
        hostsMatch(target.host, service.hostname) &&
        (target.port ?? port) === port,
    )
  })
}

/** What the clusters of a process share. */
import type { Clock } from '../../lib/clock.ts'
import type { StartActiveHealth } from './active-health.ts'
import type { Resolver } from './resolver.ts'

/** Tests replace it. */
export interface ClusterContext {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly resolver: Resolver
  /** Without it no cluster checks its hosts actively: they are what the assignment says of them. */
  readonly startActiveHealth?: StartActiveHealth
}

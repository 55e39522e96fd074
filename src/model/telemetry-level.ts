/** Which Telemetry objects hold at a workload: one a level, wide ones first (Istio's Telemetry). */
import type { Origin } from './origin.ts'
import { isFor, type PolicyTarget, type TargetedWorkload } from './policy-target.ts'

/** Requests that the workload sends (a gateway's too), or that it receives. */
export type TelemetrySide = 'client' | 'server'

export interface TelemetryPolicy<Rule> extends PolicyTarget {
  readonly name: string
  readonly rules: readonly Rule[]
  readonly created: string
  readonly origin: Origin
}

/** The oldest of the mesh, of the namespace, of the workload; policies that say nothing do not count. */
export function levelsOf<Rule>(
  policies: readonly TelemetryPolicy<Rule>[],
  workload: TargetedWorkload,
  rootNamespace: string,
): TelemetryPolicy<Rule>[] {
  const fitting = policies.filter(policy => policy.rules.length > 0 && isFor(policy, workload, rootNamespace))
  const inRoot = ({ namespace }: PolicyTarget) => namespace === rootNamespace
  const narrow = ({ selector, targets }: PolicyTarget) => targets.length > 0 || Object.keys(selector ?? {}).length > 0
  return [
    fitting.find(policy => inRoot(policy) && !narrow(policy)),
    fitting.find(policy => !inRoot(policy) && !narrow(policy)),
    fitting.find(policy => narrow(policy) && policy.namespace === workload.namespace),
  ].filter(policy => policy !== undefined)
}

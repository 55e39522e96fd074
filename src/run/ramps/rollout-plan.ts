/** A WeightedDestinationRule's roll-out as the mechanism in lib/ramp.ts wants it, and whose answers it is judged by. */
import { resourceName } from '../../api/object.ts'
import type { WeightedDestinationRule } from '../../api/registry.ts'
import { type Diagnostic, diagnostic } from '../../compile/diagnostic.ts'
import { hostOf } from '../../compile/mizzen/layer.ts'
import { parseDuration } from '../../lib/duration.ts'
import type { RampRule } from '../../lib/ramp.ts'
import type { MeshSettings } from '../../model/settings.ts'

/** A part of a service that requests go to. */
export interface Destination {
  /** Whole host name. */
  readonly host: string
  /** "": the service as a whole. */
  readonly subset: string
  /** Undefined: any. */
  readonly port: number | undefined
}

export interface RolloutPlan {
  /** "WeightedDestinationRule shop/reviews" */
  readonly resource: string
  readonly rule: RampRule
  /** What is new. */
  readonly destination: Destination
  /** What is new, for people: "reviews v2". */
  readonly name: string
  /** The same as long as the roll-out may go on as it is after an edit. */
  readonly identity: string
}

/** @param settings asked for only when there is a roll-out: it may cost a compilation */
export function rolloutPlans(rules: readonly WeightedDestinationRule[], settings: () => MeshSettings): RolloutPlan[] {
  return rules.flatMap(rule => (rule.spec.rollout ? (rolloutPlan(rule, settings()) ?? []) : []))
}

function rolloutPlan(object: WeightedDestinationRule, settings: MeshSettings): RolloutPlan | undefined {
  const { rollout, destinations, host } = object.spec
  const last = destinations.at(-1)
  if (!rollout || !last) return undefined
  const { stopOn } = rollout
  const part = last.version ?? last.subset
  return {
    resource: resourceName(object),
    rule: {
      before: last.weight ?? 0,
      steps: rollout.steps.map(({ weight, pause }) => ({
        weight,
        pauseMs: pause === undefined ? undefined : parseDuration(pause),
      })),
      stop: stopOn && {
        errorRate: stopOn.errorRate,
        minimumRequests: stopOn.minimumRequests ?? 20,
        rollBack: stopOn.rollBack ?? true,
      },
    },
    destination: { host: hostOf(last.host ?? host, object.namespace, settings), subset: part ?? '', port: last.port },
    name: last.host ?? `${host} ${part}`,
    identity: JSON.stringify(object.spec),
  }
}

/** To be said where nobody counts the answers. */
export function uncounted(object: WeightedDestinationRule): Diagnostic[] {
  if (!object.spec.rollout?.stopOn) return []
  return [
    diagnostic(object, ['spec', 'rollout', 'stopOn'], {
      code: 'rollout-uncounted',
      level: 'warning',
      message: 'this control plane does not know how many requests fail, which "stopOn" asks for',
      effect: 'the steps go by time alone',
      fix: 'watch the metrics of the proxies, or try the roll-out with "mizzen up", which counts',
    }),
  ]
}

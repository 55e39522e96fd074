/**
 * A stepped roll-out: something new gets a growing share, step after step, as long as few of its answers are errors. Pure: what time it is
 * and what was counted are arguments, and the state is a value.
 */

export interface RampRule {
  /** Percent before the first step, and after a roll-back. */
  readonly before: number
  /** At least one. */
  readonly steps: readonly RampStep[]
  /** Absent: steps go by time alone. */
  readonly stop: RampLimit | undefined
}

export interface RampStep {
  /** Percent. */
  readonly weight: number
  /** How long the step lasts, milliseconds; undefined in a last step: until it is judged. */
  readonly pauseMs: number | undefined
}

export interface RampLimit {
  /** Percent of errors above which it stops. */
  readonly errorRate: number
  /** Fewer in one step are not judged, and without a judgement no step ends. */
  readonly minimumRequests: number
  readonly rollBack: boolean
}

/** Answers of what is new, since the step began. */
export interface RampSample {
  readonly requests: number
  readonly errors: number
}

export type RampPhase = 'stepping' | 'waiting' | 'done' | 'stopped' | 'rolled back'

export interface RampState {
  /** waiting: the step's time is up, and too few requests came to judge it. stopped: stays at its step for good. */
  readonly phase: RampPhase
  /** Index of the step it is at, or ended at. */
  readonly step: number
  /** When the step began, milliseconds since the epoch. */
  readonly since: number
  /** Why it waits, or has ended early; "". */
  readonly reason: string
}

export function beginRamp(now: number): RampState {
  return { phase: 'stepping', step: 0, since: now, reason: '' }
}

/** Percent that what is new gets. */
export function rampShare({ before, steps }: RampRule, { phase, step }: RampState): number {
  return phase === 'rolled back' ? before : (steps[step]?.weight ?? before)
}

export function isRunning({ phase }: RampState): boolean {
  return phase === 'stepping' || phase === 'waiting'
}

/**
 * At most one step on: errors of the new step are to be counted before the next one.
 * @param sample undefined: nobody counts, only time does
 * @returns the same state when nothing has changed
 */
export function advanceRamp(rule: RampRule, state: RampState, now: number, sample: RampSample | undefined): RampState {
  const step = rule.steps[state.step]
  if (!isRunning(state) || !step) return state
  const limit = sample && rule.stop
  if (limit && sample.requests >= limit.minimumRequests) {
    const percent = (100 * sample.errors) / sample.requests
    if (percent > limit.errorRate) {
      const reason = `${rounded(percent)} % errors, limit ${rounded(limit.errorRate)} %`
      return { ...state, phase: limit.rollBack ? 'rolled back' : 'stopped', reason }
    }
  }
  if (now < state.since + (step.pauseMs ?? 0)) return state
  // A step without requests of its own can't be judged, and hurts nobody.
  const missing = limit && step.weight > 0 ? limit.minimumRequests - sample.requests : 0
  if (missing > 0) {
    const reason = `${missing} more ${missing === 1 ? 'request' : 'requests'} to judge the step by`
    return state.phase === 'waiting' && state.reason === reason ? state : { ...state, phase: 'waiting', reason }
  }
  if (state.step === rule.steps.length - 1) return { ...state, phase: 'done', reason: '' }
  return { phase: 'stepping', step: state.step + 1, since: now, reason: '' }
}

/** One digit behind the point, where it says something. */
function rounded(percent: number): string {
  return String(Math.round(percent * 10) / 10)
}

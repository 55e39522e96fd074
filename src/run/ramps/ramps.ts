/**
 * The roll-outs that are under way: begins one for each rule that has it, asks the time and the proxies' counters, and gives the control
 * plane the shares of now. A rule that is edited begins anew; one that is merely moved, or beside which others change, goes on.
 */
import type { RolloutShares } from '../../compile/mizzen/weighted-destination-rule.ts'
import type { Clock } from '../../lib/clock.ts'
import { advanceRamp, beginRamp, isRunning, type RampPhase, type RampSample, type RampState, rampShare } from '../../lib/ramp.ts'
import type { Destination, RolloutPlan } from './rollout-plan.ts'

/** What one proxy has counted since it started, by its name. */
export type Counts = ReadonlyMap<string, RampSample>

export interface RampsOptions {
  readonly clock: Clock
  /** Roll-outs as the rules want them now. */
  readonly plans: () => readonly RolloutPlan[]
  /** False: those that have not begun wait. */
  readonly mayBegin: () => boolean
  /** Asks all proxies; one that does not answer is left out. Undefined: nobody counts, and steps go by time alone. */
  readonly count: ((destination: Destination) => Promise<Counts>) | undefined
  readonly apply: (shares: RolloutShares) => void
  readonly tell: (text: string, tone: 'plain' | 'good' | 'warning' | 'bad') => void
}

/** For people and scripts. */
export interface RolloutStatus {
  readonly resource: string
  /** "reviews v2" */
  readonly destination: string
  /** That it gets now. */
  readonly percent: number
  /** The first is 1. */
  readonly step: number
  readonly steps: number
  readonly phase: RampPhase
  /** Why it waits, or has ended early; "". */
  readonly reason: string
  /** Counted in this step. */
  readonly requests: number
  readonly errors: number
}

const LOOK_MS = 1000

export class Ramps {
  readonly #options: RampsOptions
  #ramps = new Map<string, Ramp>()
  #shares: RolloutShares = new Map()
  #cancel: (() => void) | undefined
  #closed = false

  constructor(options: RampsOptions) {
    this.#options = options
  }

  get status(): RolloutStatus[] {
    return [...this.#ramps.values()].map(ramp => ramp.status)
  }

  /** The rules may have changed. */
  update(): void {
    const { plans, mayBegin, clock, tell } = this.#options
    const before = this.#ramps
    let waits = false
    this.#ramps = new Map()
    for (const plan of plans()) {
      const known = before.get(plan.resource)
      if (known?.plan.identity === plan.identity) this.#ramps.set(plan.resource, known)
      else if (mayBegin()) {
        const ramp = new Ramp(plan, clock.now())
        this.#ramps.set(plan.resource, ramp)
        tell(`${plan.name}: ${plan.rule.before} % -> ${ramp.share} %, step 1 of ${plan.rule.steps.length}`, 'plain')
        if (this.#options.count) void ramp.count(this.#options.count)
      } else waits = true
    }
    this.#apply()
    this.#schedule(waits)
  }

  close(): void {
    this.#closed = true
    this.#cancel?.()
  }

  #schedule(waits: boolean): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#closed || !(waits || [...this.#ramps.values()].some(ramp => isRunning(ramp.state)))) return
    this.#cancel = this.#options.clock.after(LOOK_MS, () => void this.#look())
  }

  async #look(): Promise<void> {
    const { clock, count, tell } = this.#options
    const running = [...this.#ramps.values()].filter(ramp => isRunning(ramp.state))
    if (count) await Promise.all(running.map(ramp => ramp.count(count)))
    if (this.#closed) return
    for (const ramp of running) ramp.advance(clock.now(), count !== undefined, tell)
    this.update()
  }

  #apply(): void {
    const shares = new Map([...this.#ramps].map(([resource, ramp]) => [resource, ramp.share]))
    const isSame = shares.size === this.#shares.size && [...shares].every(([key, share]) => this.#shares.get(key) === share)
    if (isSame) return
    this.#shares = shares
    this.#options.apply(shares)
  }
}

/** One roll-out under way. */
class Ramp {
  readonly plan: RolloutPlan
  state: RampState
  /** What each proxy had counted when it was last asked; undefined before the first answers, from which counting starts. */
  #seen: Map<string, RampSample> | undefined
  #sample: RampSample = { requests: 0, errors: 0 }

  constructor(plan: RolloutPlan, now: number) {
    this.plan = plan
    this.state = beginRamp(now)
  }

  get share(): number {
    return rampShare(this.plan.rule, this.state)
  }

  get status(): RolloutStatus {
    const { plan, state, share } = this
    const { phase, step, reason } = state
    const at = { percent: share, step: step + 1, steps: plan.rule.steps.length }
    return { resource: plan.resource, destination: plan.name, ...at, phase, reason, ...this.#sample }
  }

  async count(ask: (destination: Destination) => Promise<Counts>): Promise<void> {
    if (!this.plan.rule.stop) return
    const counts = await ask(this.plan.destination)
    let { requests, errors } = this.#sample
    for (const [proxy, now] of counts) {
      const before = this.#seen?.get(proxy) ?? (this.#seen ? NOTHING : now)
      // Less than before: the proxy has been started again.
      const since = now.requests < before.requests ? NOTHING : before
      requests += now.requests - since.requests
      errors += now.errors - since.errors
    }
    if (counts.size > 0) this.#seen = new Map([...(this.#seen ?? []), ...counts])
    this.#sample = { requests, errors }
  }

  advance(now: number, isCounted: boolean, tell: RampsOptions['tell']): void {
    const { rule, name } = this.plan
    const before = this.state
    const from = this.share
    this.state = advanceRamp(rule, before, now, isCounted ? this.#sample : undefined)
    const { phase, step, reason } = this.state
    if (step !== before.step) {
      this.#sample = NOTHING
      tell(`${name}: ${from} % -> ${this.share} %, step ${step + 1} of ${rule.steps.length}`, 'plain')
    } else if (phase !== before.phase) {
      if (phase === 'done') tell(`${name}: done, at ${this.share} %`, 'good')
      else if (phase === 'waiting') tell(`${name}: stays at ${from} % and waits for ${reason}`, 'plain')
      else if (phase === 'stopped') tell(`${name}: stopped at ${from} %: ${reason}`, 'bad')
      else tell(`${name}: stopped at ${from} % and back to ${this.share} %: ${reason}`, 'bad')
    }
  }
}

const NOTHING: RampSample = { requests: 0, errors: 0 }

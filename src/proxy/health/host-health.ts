/**
 * The health of one host, check after check: how many in a row passed or failed, what that makes of the host, and when it is looked at
 * again.
 */
import type { Clock } from '../../lib/clock.ts'
import type { HealthSettings } from './settings.ts'
import type { HealthStats } from './stats.ts'
import type { Prober, Verdict } from './verdict.ts'

/** What is checked. */
export interface CheckedHost {
  /** The last checks failed, or there was none yet. */
  readonly failedCheck: boolean
  readonly degradedCheck: boolean
  /** Takes over what the checks say; balancing follows. @param timedOut the last failure was a check without an answer */
  setChecked(state: { readonly failed: boolean; readonly degraded: boolean; readonly timedOut: boolean }): void
}

export interface HostHealthOptions {
  readonly settings: HealthSettings
  readonly stats: HealthStats
  readonly clock: Clock
  readonly random: () => number
  /** The cluster has had connections. */
  readonly hasTraffic: () => boolean
  /** After each check, when the host knows its result. */
  readonly onChecked: (passed: boolean) => void
}

/** 'pending': the last check spoke for a change, and the threshold is not reached. */
type Transition = 'none' | 'changed' | 'pending'

const TIMED_OUT: Verdict = { passed: false, network: true, retriable: true }

export class HostHealth {
  readonly #host: CheckedHost
  readonly #prober: Prober
  readonly #options: HostHealthOptions
  #passed = 0
  #failed = 0
  #first = true
  #cancelTimer: () => void = () => {}
  #cancelCheck: () => void = () => {}

  constructor(host: CheckedHost, prober: Prober, options: HostHealthOptions) {
    this.#host = host
    this.#prober = prober
    this.#options = options
    if (!host.failedCheck) options.stats.healthy++
    if (host.degradedCheck) options.stats.degraded++
  }

  /** No check has ended yet. */
  get unknown(): boolean {
    return this.#first
  }

  start(): void {
    const { settings, clock, random } = this.#options
    if (settings.initialJitterMs > 0) this.#cancelTimer = clock.after(random() * settings.initialJitterMs, () => this.#check())
    else this.#check()
  }

  stop(): void {
    const { stats } = this.#options
    this.#cancelTimer()
    this.#cancelCheck()
    this.#prober.close()
    if (!this.#host.failedCheck) stats.healthy--
    if (this.#host.degradedCheck) stats.degraded--
  }

  #check(): void {
    const { settings, stats, clock } = this.#options
    stats.attempt++
    this.#cancelTimer = clock.after(settings.timeoutMs, () => {
      this.#cancelCheck()
      this.#conclude(TIMED_OUT)
    })
    this.#cancelCheck = this.#prober.check(verdict => {
      this.#cancelTimer()
      this.#conclude(verdict)
    })
  }

  #conclude(verdict: Verdict): void {
    const { clock, onChecked } = this.#options
    this.#cancelCheck = () => {}
    const transition = verdict.passed ? this.#pass(verdict.degraded) : this.#fail(verdict)
    this.#first = false
    this.#cancelTimer = clock.after(this.#interval(verdict.passed, transition), () => this.#check())
    // Last: who hears of it may stop this.
    onChecked(verdict.passed)
  }

  #pass(degraded: boolean): Transition {
    const { settings, stats } = this.#options
    const host = this.#host
    stats.success++
    this.#failed = 0
    const recovers = host.failedCheck && (this.#first || ++this.#passed >= settings.healthyThreshold)
    const failed = host.failedCheck && !recovers
    if (recovers) stats.healthy++
    const changed = recovers || degraded !== host.degradedCheck
    if (degraded !== host.degradedCheck) stats.degraded += degraded ? 1 : -1
    if (changed) host.setChecked({ failed, degraded, timedOut: false })
    return changed ? 'changed' : failed ? 'pending' : 'none'
  }

  #fail(verdict: Verdict & { readonly passed: false }): Transition {
    const { settings, stats } = this.#options
    const host = this.#host
    const timedOut = verdict === TIMED_OUT
    stats.failure++
    if (verdict.network) stats.network_failure++
    this.#passed = 0
    if (host.failedCheck) {
      host.setChecked({ failed: true, degraded: host.degradedCheck, timedOut })
      return this.#first ? 'changed' : 'none'
    }
    if (verdict.retriable && ++this.#failed < settings.unhealthyThreshold) return 'pending'
    this.#failed = 0
    stats.healthy--
    host.setChecked({ failed: true, degraded: host.degradedCheck, timedOut })
    return 'changed'
  }

  #interval(passed: boolean, transition: Transition): number {
    const { settings, random, hasTraffic } = this.#options
    const { intervals, jitterMs, jitterPercent } = settings
    const edge = transition === 'pending'
    const base = hasTraffic()
      ? passed
        ? intervals[edge ? 'healthyEdge' : 'normal']
        : intervals[edge ? 'unhealthyEdge' : 'unhealthy']
      : intervals[passed && !edge ? 'noTrafficHealthy' : 'noTraffic']
    // Never at once: a host that answers at once would be asked without end.
    return Math.max(1, base + (random() * base * jitterPercent) / 100 + random() * jitterMs)
  }
}

/**
 * Passive health checking: ejects hosts that fail several times in a row, or too often in an interval; for longer each time, and never too
 * many at once.
 */
import type { Clock } from '../../lib/clock.ts'
import type { AttemptOutcome } from './cluster.ts'
import { type Origin, outliersBy, type RateKind, Tally } from './outlier-rates.ts'
import type { OutlierSettings, Streak } from './outlier-settings.ts'

/** `cluster.<name>.outlier_detection.*` */
export class OutlierStats {
  ejections_active = 0
  ejections_overflow = 0
  ejections_enforced_total = 0
  ejections_detected_consecutive_5xx = 0
  ejections_enforced_consecutive_5xx = 0
  ejections_detected_consecutive_gateway_failure = 0
  ejections_enforced_consecutive_gateway_failure = 0
  ejections_detected_consecutive_local_origin_failure = 0
  ejections_enforced_consecutive_local_origin_failure = 0
  ejections_detected_success_rate = 0
  ejections_enforced_success_rate = 0
  ejections_detected_failure_percentage = 0
  ejections_enforced_failure_percentage = 0
  ejections_detected_local_origin_success_rate = 0
  ejections_enforced_local_origin_success_rate = 0
  ejections_detected_local_origin_failure_percentage = 0
  ejections_enforced_local_origin_failure_percentage = 0
}

/** What is watched. */
export interface Ejectable {
  readonly ejected: boolean
  /** Takes the host out of balancing, or lets it in again. */
  setEjected(ejected: boolean): void
}

interface Monitor {
  readonly failures: Record<Streak, number>
  /** Of the interval under way; empty unless rates are judged. */
  readonly tallies: Readonly<Record<Origin, Tally>>
  /** How many times the base ejection time the next ejection lasts, less one. */
  backoff: number
  ejectedUntil: number
}

export interface OutlierOptions {
  readonly settings: OutlierSettings
  readonly stats: OutlierStats
  readonly clock: Clock
  /** 0 <= random() < 1 */
  readonly random: () => number
  /** Hosts of the cluster, ejected ones too. */
  readonly hostCount: () => number
}

export class OutlierDetector {
  readonly #options: OutlierOptions
  readonly #monitors = new Map<Ejectable, Monitor>()
  #cancelTick: (() => void) | undefined

  constructor(options: OutlierOptions) {
    this.#options = options
  }

  /** @param status of the response; 0 when there was none */
  report(host: Ejectable, status: number, outcome: AttemptOutcome): void {
    if (outcome === 'response') this.#external(host, status)
    else if (this.#options.settings.splitLocalOrigin) {
      this.#tally(host, 'local', false)
      this.#count(host, 'consecutive_local_origin_failure', true)
    }
    // As Envoy maps them: a timeout is a 504, everything else that kept a response from coming a 503.
    else this.#external(host, 503)
  }

  get letsInByHealthCheck(): boolean {
    return this.#options.settings.letInByHealthCheck
  }

  /** An ejected host has proved to be well. */
  letIn(host: Ejectable): void {
    this.#letIn(host)
  }

  /** The host left the cluster. */
  forget(host: Ejectable): void {
    if (host.ejected) this.#options.stats.ejections_active--
    this.#monitors.delete(host)
  }

  /** Lets everybody in again, and does nothing any more by itself. */
  stop(): void {
    this.#cancelTick?.()
    for (const host of this.#monitors.keys()) if (host.ejected) this.#letIn(host)
    this.#monitors.clear()
  }

  #external(host: Ejectable, status: number): void {
    this.#tally(host, 'external', status < 500)
    if (this.#options.settings.splitLocalOrigin) this.#tally(host, 'local', true)
    this.#count(host, 'consecutive_gateway_failure', status >= 502 && status <= 504)
    this.#count(host, 'consecutive_5xx', status >= 500)
    if (status < 500 && this.#options.settings.splitLocalOrigin) this.#count(host, 'consecutive_local_origin_failure', false)
  }

  #count(host: Ejectable, streak: Streak, failed: boolean): void {
    let monitor = this.#monitors.get(host)
    if (!failed) {
      if (monitor) monitor.failures[streak] = 0
      return
    }
    monitor ??= this.#monitor(host)
    if (++monitor.failures[streak] !== this.#options.settings.thresholds[streak]) return
    monitor.failures[streak] = 0
    if (!host.ejected) this.#detected(host, monitor, streak)
  }

  #monitor(host: Ejectable): Monitor {
    const failures = { consecutive_5xx: 0, consecutive_gateway_failure: 0, consecutive_local_origin_failure: 0 }
    const monitor = { failures, tallies: { external: new Tally(), local: new Tally() }, backoff: 0, ejectedUntil: 0 }
    this.#monitors.set(host, monitor)
    return monitor
  }

  #tally(host: Ejectable, origin: Origin, well: boolean): void {
    if (this.#options.settings.rates.length === 0) return
    const { tallies } = this.#monitors.get(host) ?? this.#monitor(host)
    tallies[origin].total++
    if (well) tallies[origin].well++
    if (!this.#cancelTick) this.#schedule()
  }

  /** The interval is over. @returns whether there was anything to judge */
  #judgeRates(): boolean {
    const { rates } = this.#options.settings
    let seen = false
    for (const rule of rates) {
      const hosts = [...this.#monitors].filter(([host]) => !host.ejected)
      const tallied = hosts.map(([host, monitor]) => [{ host, monitor }, monitor.tallies[rule.origin]] as const)
      for (const { host, monitor } of outliersBy(rule, tallied)) this.#detected(host, monitor, rule.kind)
    }
    if (rates.length === 0) return false
    for (const { tallies } of this.#monitors.values()) {
      for (const tally of [tallies.external, tallies.local]) {
        seen ||= tally.total > 0
        tally.total = 0
        tally.well = 0
      }
    }
    return seen
  }

  #detected(host: Ejectable, monitor: Monitor, cause: Streak | RateKind): void {
    const { settings, stats, random, clock, hostCount } = this.#options
    stats[`ejections_detected_${cause}`]++
    if (random() * 100 >= settings.enforcing[cause]) return
    const share = (100 * (stats.ejections_active + 1)) / hostCount()
    if (share > settings.maxEjectionPercent && !(settings.alwaysEjectOne && stats.ejections_active === 0)) {
      stats.ejections_overflow++
      return
    }
    monitor.backoff++
    const duration = Math.min(settings.baseEjectionMs * monitor.backoff, settings.maxEjectionMs) + random() * settings.jitterMs
    monitor.ejectedUntil = clock.now() + duration
    stats.ejections_active++
    stats.ejections_enforced_total++
    stats[`ejections_enforced_${cause}`]++
    host.setEjected(true)
    if (!this.#cancelTick) this.#schedule()
  }

  #schedule(): void {
    this.#cancelTick = this.#options.clock.after(this.#options.settings.intervalMs, () => this.#tick())
  }

  /** Runs only while somebody is ejected, or was lately, or while there are rates to judge. */
  #tick(): void {
    this.#cancelTick = undefined
    let busy = false
    for (const [host, monitor] of this.#monitors) {
      if (host.ejected) {
        if (this.#options.clock.now() >= monitor.ejectedUntil) this.#letIn(host)
      } else if (monitor.backoff > 0) monitor.backoff--
      busy ||= host.ejected || monitor.backoff > 0
    }
    if (this.#judgeRates()) busy = true
    if (busy && !this.#cancelTick) this.#schedule()
  }

  #letIn(host: Ejectable): void {
    this.#options.stats.ejections_active--
    host.setEjected(false)
  }
}

/**
 * Passive health checking: ejects hosts that fail several times in a row, for longer each time, and never too many at once.
 */
import type { Clock } from '../../lib/clock.ts'
import type { AttemptOutcome } from './cluster.ts'
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
}

/** What is watched. */
export interface Ejectable {
  readonly ejected: boolean
  /** Takes the host out of balancing, or lets it in again. */
  setEjected(ejected: boolean): void
}

interface Monitor {
  readonly failures: Record<Streak, number>
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
    else if (this.#options.settings.splitLocalOrigin) this.#count(host, 'consecutive_local_origin_failure', true)
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
    if (!monitor) {
      const failures = { consecutive_5xx: 0, consecutive_gateway_failure: 0, consecutive_local_origin_failure: 0 }
      monitor = { failures, backoff: 0, ejectedUntil: 0 }
      this.#monitors.set(host, monitor)
    }
    if (++monitor.failures[streak] !== this.#options.settings.thresholds[streak]) return
    monitor.failures[streak] = 0
    if (!host.ejected) this.#detected(host, monitor, streak)
  }

  #detected(host: Ejectable, monitor: Monitor, streak: Streak): void {
    const { settings, stats, random, clock, hostCount } = this.#options
    stats[`ejections_detected_${streak}`]++
    if (random() * 100 >= settings.enforcing[streak]) return
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
    stats[`ejections_enforced_${streak}`]++
    host.setEjected(true)
    if (!this.#cancelTick) this.#schedule()
  }

  #schedule(): void {
    this.#cancelTick = this.#options.clock.after(this.#options.settings.intervalMs, () => this.#tick())
  }

  /** Runs only while somebody is ejected, or was lately. */
  #tick(): void {
    this.#cancelTick = undefined
    let busy = false
    for (const [host, monitor] of this.#monitors) {
      if (host.ejected) {
        if (this.#options.clock.now() >= monitor.ejectedUntil) this.#letIn(host)
      } else if (monitor.backoff > 0) monitor.backoff--
      busy ||= host.ejected || monitor.backoff > 0
    }
    if (busy) this.#schedule()
  }

  #letIn(host: Ejectable): void {
    this.#options.stats.ejections_active--
    host.setEjected(false)
  }
}

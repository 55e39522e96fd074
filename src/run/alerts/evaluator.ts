/**
 * Alerts without a Prometheus: conditions on what the sidecars counted in the last minutes, and on the mesh as it is. For each service or proxy it is
 * about, an alert is pending while its condition holds for less time than it has to, fires then, and is resolved when the condition is gone; whoever
 * it names is told of both.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Alert } from '../../model/alert.ts'
import type { MeshHealth } from '../observe/mesh-health.ts'
import type { WindowCounts } from '../observe/traffic-history.ts'
import { type Measured, measure } from './measure.ts'

export type AlertState = 'quiet' | 'pending' | 'firing'

export interface AlertStatus {
  readonly alert: Alert
  /** The service's host, or the proxy's "namespace/name"; "": all that it is about. */
  readonly subject: string
  readonly state: AlertState
  /** Milliseconds since the epoch: since when it is in this state; 0: it is quiet. */
  readonly since: number
  /** "12 % of requests fail"; "": there was no traffic to tell by. */
  readonly value: string
}

export interface EvaluatorOptions {
  readonly clock: Clock
  readonly alerts: () => readonly Alert[]
  /** The traffic of the last so many milliseconds. */
  readonly window: (ms: number) => WindowCounts
  readonly health: () => MeshHealth
  /** An alert began to fire, still does a minute later, or is over. Does not throw. */
  readonly notify: (status: AlertStatus, event: AlertEvent) => void
}

export type AlertEvent = 'firing' | 'reminder' | 'resolved'

const EVERY_MS = 5000
const REMIND_MS = 60_000

export class AlertEvaluator {
  readonly #options: EvaluatorOptions
  readonly #known = new Map<string, AlertStatus>()
  /** When those that fire were last told, by key. */
  readonly #toldAt = new Map<string, number>()
  #cancel: (() => void) | undefined

  constructor(options: EvaluatorOptions) {
    this.#options = options
  }

  start(): void {
    this.#cancel = this.#options.clock.after(EVERY_MS, () => {
      this.evaluate()
      this.start()
    })
  }

  close(): void {
    this.#cancel?.()
  }

  /** All alerts there are, as they were last looked at: one entry for each that they are pending or firing for, one for an alert that is quiet. */
  snapshot(): AlertStatus[] {
    const known = Map.groupBy(this.#known.values(), ({ alert }) => keyOf(alert, ''))
    return this.#options.alerts().flatMap(alert => {
      const statuses = known.get(keyOf(alert, '')) ?? []
      const loud = statuses.filter(({ state }) => state !== 'quiet')
      return loud.length > 0 ? loud : [statuses.length === 1 && statuses[0] ? statuses[0] : quiet(alert, '')]
    })
  }

  evaluate(): void {
    const { alerts, clock, window, health: healthNow } = this.#options
    const now = clock.now()
    const health = healthNow()
    const present = new Set<string>()
    for (const alert of alerts()) {
      for (const measured of measure(alert, { window: window(alert.windowMs), health, now })) {
        const key = keyOf(alert, measured.subject)
        present.add(key)
        const before = this.#known.get(key)
        const status = next(alert, before ?? quiet(alert, measured.subject), measured, now)
        this.#known.set(key, status)
        this.#tell(key, status, before?.state === 'firing', now)
      }
    }
    for (const [key, status] of this.#known) {
      if (present.has(key)) continue
      this.#known.delete(key)
      // Its rule was taken back, or what it was about is gone: whoever was told hears that nobody looks any more.
      this.#tell(key, { ...status, state: 'quiet', since: 0 }, status.state === 'firing', now)
    }
  }

  #tell(key: string, status: AlertStatus, wasFiring: boolean, now: number): void {
    const { notify } = this.#options
    if (status.state !== 'firing') {
      if (wasFiring) notify(status, 'resolved')
      this.#toldAt.delete(key)
    } else if (!wasFiring || now - (this.#toldAt.get(key) ?? 0) >= REMIND_MS) {
      this.#toldAt.set(key, now)
      notify(status, wasFiring ? 'reminder' : 'firing')
    }
  }
}

function next(alert: Alert, before: AlertStatus, { holds, text, subject }: Measured, now: number): AlertStatus {
  if (!holds) return { alert, subject, state: 'quiet', since: 0, value: text }
  if (before.state === 'firing') return { ...before, alert, value: text }
  const began = before.state === 'pending' ? before.since : now
  const firing = now - began >= alert.forMs
  return { alert, subject, state: firing ? 'firing' : 'pending', since: firing ? now : began, value: text }
}

function quiet(alert: Alert, subject: string): AlertStatus {
  return { alert, subject, state: 'quiet', since: 0, value: '' }
}

function keyOf({ namespace, name }: Alert, subject: string): string {
  return `${namespace}/${name} ${subject}`
}

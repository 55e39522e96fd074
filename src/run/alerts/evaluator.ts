/**
 * Alerts without a Prometheus: conditions on what the sidecars counted in the last minutes. An alert is pending while its condition holds for less
 * time than it has to, fires then, and is resolved when the condition is gone; whoever it names is told of both.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Alert } from '../../model/alert.ts'
import type { WindowCounts } from '../observe/traffic-history.ts'
import { measure } from './measure.ts'

export type AlertState = 'quiet' | 'pending' | 'firing'

export interface AlertStatus {
  readonly alert: Alert
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
  /** An alert began to fire, or is over. Does not throw. */
  readonly notify: (status: AlertStatus, event: 'firing' | 'resolved') => void
}

const EVERY_MS = 5000

export class AlertEvaluator {
  readonly #options: EvaluatorOptions
  readonly #known = new Map<string, AlertStatus>()
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

  /** All alerts there are, with their state as it was last looked at. */
  snapshot(): AlertStatus[] {
    return this.#options.alerts().map(alert => this.#known.get(keyOf(alert)) ?? quiet(alert))
  }

  evaluate(): void {
    const { alerts, clock, notify, window } = this.#options
    const now = clock.now()
    const present = new Set<string>()
    for (const alert of alerts()) {
      const key = keyOf(alert)
      present.add(key)
      const before = this.#known.get(key)
      const status = next(alert, before ?? quiet(alert), measure(alert, window(alert.windowMs)), now)
      this.#known.set(key, status)
      if (status.state === 'firing' && before?.state !== 'firing') notify(status, 'firing')
      else if (before?.state === 'firing' && status.state !== 'firing') notify(status, 'resolved')
    }
    for (const [key, status] of this.#known) {
      if (present.has(key)) continue
      this.#known.delete(key)
      // Its rule was taken back: whoever was told hears that nobody looks any more.
      if (status.state === 'firing') notify({ ...status, state: 'quiet', since: 0 }, 'resolved')
    }
  }
}

function next(alert: Alert, before: AlertStatus, { holds, text }: ReturnType<typeof measure>, now: number): AlertStatus {
  if (!holds) return { alert, state: 'quiet', since: 0, value: text }
  if (before.state === 'firing') return { ...before, alert, value: text }
  const began = before.state === 'pending' ? before.since : now
  const firing = now - began >= alert.forMs
  return { alert, state: firing ? 'firing' : 'pending', since: firing ? now : began, value: text }
}

function quiet(alert: Alert): AlertStatus {
  return { alert, state: 'quiet', since: 0, value: '' }
}

function keyOf({ namespace, name }: Alert): string {
  return `${namespace}/${name}`
}

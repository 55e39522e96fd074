/**
 * How a change of the configuration gets around: from the moment it was read until every proxy that it concerned has acknowledged it.
 * Watches the ADS server's events; asks nobody to wait.
 */
import type { Clock } from '../lib/clock.ts'
import type { SyncState } from '../xds/server/proxy-status.ts'
import type { ServerEvent } from '../xds/server/server-event.ts'

export interface RolloutResult {
  /** Proxies that were sent something, by node id. */
  readonly proxies: readonly string[]
  /** Node ids of those that refused a part of it. */
  readonly refused: readonly string[]
  /** Milliseconds from `since` to the last acknowledgement. */
  readonly tookMs: number
  /** False: some did not answer in time. */
  readonly complete: boolean
}

/** What the ADS server tells of the proxies that are connected. */
export interface SyncSource {
  status(): readonly { readonly types: readonly { readonly state: SyncState }[] }[]
}

/** A change that nobody was sent in this time concerns no proxy. */
const QUIET_MS = 200
const PATIENCE_MS = 10_000
const LOOK_MS = 10

export class Rollouts {
  readonly #clock: Clock
  readonly #ads: () => SyncSource | undefined
  readonly #running = new Set<Rollout>()

  /** @param ads the server, as soon as there is one */
  constructor(clock: Clock, ads: () => SyncSource | undefined) {
    this.#clock = clock
    this.#ads = ads
  }

  /** To be given every event of the server. */
  onEvent(event: ServerEvent): void {
    for (const rollout of this.#running) rollout.onEvent(event, this.#clock.now())
  }

  /** Call it when the change has been given to the control plane. @param since when it happened, milliseconds since the epoch */
  begin(since: number): Promise<RolloutResult> {
    const rollout = new Rollout()
    this.#running.add(rollout)
    const begun = this.#clock.now()
    return new Promise(resolve => {
      const look = () => {
        const waited = this.#clock.now() - begun
        const idle = this.isSettled() && (rollout.sent.size > 0 || waited >= QUIET_MS)
        if (!idle && waited < PATIENCE_MS) {
          this.#clock.after(LOOK_MS, look)
          return
        }
        this.#running.delete(rollout)
        const tookMs = (rollout.lastAnswerAt ?? this.#clock.now()) - since
        resolve({ proxies: [...rollout.sent], refused: [...rollout.refused], tookMs, complete: idle })
      }
      this.#clock.after(LOOK_MS, look)
    })
  }

  /** Nothing is on its way to any proxy, and none waits for its turn. */
  isSettled(): boolean {
    const proxies = this.#ads()?.status() ?? []
    return proxies.every(({ types }) => types.every(({ state }) => state !== 'STALE'))
  }

  /** Resolves when nothing is on its way any more, at the latest after `limitMs`. */
  settled(limitMs: number): Promise<void> {
    const begun = this.#clock.now()
    return new Promise(resolve => {
      const look = () => {
        if (this.isSettled() || this.#clock.now() - begun >= limitMs) resolve()
        else this.#clock.after(LOOK_MS, look)
      }
      // What was just published is sent only after the server's own debounce.
      this.#clock.after(3 * LOOK_MS, look)
    })
  }
}

class Rollout {
  readonly sent = new Set<string>()
  readonly refused = new Set<string>()
  lastAnswerAt: number | undefined

  onEvent(event: ServerEvent, now: number): void {
    if (event.kind === 'sent') this.sent.add(event.node)
    else if (event.kind === 'acked' || event.kind === 'nacked') this.lastAnswerAt = now
    if (event.kind === 'nacked') this.refused.add(event.node)
  }
}

/**
 * The end of a pod's proxy: it goes on serving while the cluster learns that the pod goes, asks clients to come back elsewhere, and ends when the
 * time is over or nobody is connected any more.
 */
import type { Clock } from '../../lib/clock.ts'
import type { PodEngine } from './pod-engine.ts'
import type { PodSetup } from './setup.ts'

/** How often it is looked whether connections are left. */
const LOOK_MS = 200

export type TerminationSettings = Pick<PodSetup, 'terminationDrainMs' | 'exitOnZeroConnections' | 'minimumDrainMs'>

export class Termination {
  readonly #engine: PodEngine
  readonly #settings: TerminationSettings
  readonly #clock: Clock
  #draining = false
  #begun = false

  constructor(engine: PodEngine, settings: TerminationSettings, clock: Clock) {
    this.#engine = engine
    this.#settings = settings
    this.#clock = clock
  }

  /** Asks clients to leave, and no more than that: the preStop hook of a native sidecar. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    this.#engine.drain()
  }

  /** The first call begins the end, the second does not wait for it. */
  begin(): void {
    if (this.#begun) {
      this.#engine.stop()
      return
    }
    this.#begun = true
    this.drain()
    const { exitOnZeroConnections, minimumDrainMs, terminationDrainMs } = this.#settings
    if (exitOnZeroConnections) this.#clock.after(minimumDrainMs, () => void this.#endWhenEmpty())
    else this.#clock.after(terminationDrainMs, () => this.#engine.stop())
  }

  async #endWhenEmpty(): Promise<void> {
    const open = await this.#engine.connections().catch(() => 0)
    if (open === 0) this.#engine.stop()
    else this.#clock.after(LOOK_MS, () => void this.#endWhenEmpty())
  }
}

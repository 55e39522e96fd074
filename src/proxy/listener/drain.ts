/**
 * The state of what is on its way out: a filter chain that was replaced, or the whole process. Responses ask it whether to announce the end
 * of their connection.
 */
export type DrainStrategy = 'gradual' | 'immediate'

export class Drain {
  readonly #parent: Drain | undefined
  #since = 0
  #durationMs = 0
  #strategy: DrainStrategy | undefined

  /** @param parent draining too when this one is: the process for a filter chain */
  constructor(parent?: Drain) {
    this.#parent = parent
  }

  get draining(): boolean {
    return this.#strategy !== undefined || (this.#parent?.draining ?? false)
  }

  start(strategy: DrainStrategy, durationMs: number, now = performance.now()): void {
    if (this.#strategy !== undefined) return
    this.#strategy = strategy
    this.#since = now
    this.#durationMs = durationMs
  }

  /** A health check that was failed by hand is taken back (admin /healthcheck/ok). */
  stop(): void {
    this.#strategy = undefined
  }

  /**
   * Whether this response should be its connection's last. Gradual: ever more likely as the drain time passes, so that clients do not
   * all reconnect at once.
   */
  closing(random = Math.random, now = performance.now()): boolean {
    if (this.#strategy === 'immediate') return true
    if (this.#strategy === 'gradual' && random() * this.#durationMs <= now - this.#since) return true
    return this.#parent?.closing(random, now) ?? false
  }
}

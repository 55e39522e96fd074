/**
 * Which streams we reset. Frames of theirs that were already on their way are ignored; frames of other closed streams are the peer's fault.
 */

/** Identifiers remembered one by one. */
const MOST = 1024

export class ResetMemory {
  readonly #ids = new Set<number>()
  /** Identifiers up to this one are forgotten one by one, and forgiven all together. */
  #forgotten = 0

  add(id: number): void {
    this.#ids.add(id)
    if (this.#ids.size <= MOST) return
    const [oldest = 0] = this.#ids
    this.#ids.delete(oldest)
    this.#forgotten = Math.max(this.#forgotten, oldest)
  }

  /** False only when we certainly did not reset it. */
  mayHave(id: number): boolean {
    return id <= this.#forgotten || this.#ids.has(id)
  }
}

/**
 * How many large responses are under way at a time. When a control plane starts, all its proxies ask for everything at once: a response for each of
 * them would be in memory until the slowest has read its own. So most wait for their turn; small responses, as changes make them, never do.
 */

/** Of a response with fewer resources nobody notices the memory. */
const LARGE = 200

/** Putting responses together is what takes the time: with more of them at once nobody would be served sooner. */
const AT_A_TIME = 8

export interface Turn {
  /** There may be room: the stream asks again. */
  resume(): void
}

export class LargeResponses {
  readonly #underWay = new Map<Turn, number>()
  readonly #waiting = new Set<Turn>()
  readonly #patienceMs: number

  /** @param patienceMs whoever has not answered for so long does not count any more */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /** @param resources how many there are in the response @returns wait: `stream.resume` is called later; large: `release` must be called */
  admit(stream: Turn, resources: number, now: number): 'small' | 'large' | 'wait' {
    if (resources < LARGE) return 'small'
    for (const [other, since] of this.#underWay) if (now - since >= this.#patienceMs) this.#underWay.delete(other)
    if (!this.#underWay.has(stream) && this.#underWay.size >= AT_A_TIME) {
      this.#waiting.add(stream)
      return 'wait'
    }
    this.#underWay.set(stream, now)
    return 'large'
  }

  /** The stream has nothing large under way any more, or is gone. */
  release(stream: Turn): void {
    this.#waiting.delete(stream)
    this.#underWay.delete(stream)
    while (this.#underWay.size < AT_A_TIME) {
      const [next] = this.#waiting
      if (!next) return
      this.#waiting.delete(next)
      next.resume()
    }
  }
}

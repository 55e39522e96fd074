/** The last requests that access rules denied, with the reason: for the operator at the admin endpoint, never for the caller. */

export interface Denial {
  /** x-request-id; "": the request had none. */
  readonly id: string
  /** ISO 8601. */
  readonly time: string
  readonly method: string
  readonly authority: string
  /** Without the query, which may hold secrets. */
  readonly path: string
  readonly remoteAddress: string
  /** Names in the caller's certificate; empty: it showed none. */
  readonly principals: readonly string[]
  /** The rule that denied, by its name in the configuration; undefined: no rule allowed it. */
  readonly policy: string | undefined
  /** Where no rule allowed it: those that nearly did, and the half that failed. */
  readonly nearest: readonly { readonly policy: string; readonly lacks: 'source' | 'operation' }[]
}

/** Denials that are kept; the oldest makes room. */
const KEPT = 256
/** Nearest rules that are kept of each. */
const NEAREST = 4

export class Denials {
  readonly #ring: Denial[] = []
  #next = 0

  add(denial: Denial): void {
    this.#ring[this.#next] = { ...denial, nearest: denial.nearest.slice(0, NEAREST) }
    this.#next = (this.#next + 1) % KEPT
  }

  /** Latest first. @param id only those of this request; undefined: all */
  list(id?: string): Denial[] {
    const inOrder = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].reverse()
    return id === undefined ? inOrder : inOrder.filter(denial => denial.id === id)
  }
}

/** One line for the log. */
export function denialText({ id, policy, nearest }: Denial): string {
  const [near] = nearest
  const why =
    policy !== undefined
      ? `policy ${policy} denies it`
      : near === undefined
        ? 'no policy allows it'
        : `no policy allows it; nearest is ${near.policy}, which lacks the ${near.lacks}`
  return id === '' ? why : `request ${id}: ${why}`
}

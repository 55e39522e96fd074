/**
 * Tokens that count for one key only: the first certificate binds the token to the key it was issued for. Whoever asks again with the same key (the
 * answer was lost) gets it again; whoever comes with the stolen token and a key of its own is refused, also by another control plane and after a restart.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Generations } from '../authority/generations.ts'
import { Unauthenticated } from './unauthenticated.ts'

interface Use {
  readonly key: string
  /** When the token expires, and the entry can be forgotten. */
  readonly until: number
}

const MOST_ATTEMPTS = 10

export class SingleUse {
  readonly #store: Generations
  readonly #clock: Clock

  constructor(store: Generations, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** @throws (rejects) Unauthenticated when it was used with another key; Error when it can't be remembered */
  async use(token: string, key: string, until: number): Promise<void> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const found = await this.#store.read()
      const uses = read(found?.text ?? '{}')
      const before = uses.get(token)
      if (before?.key === key) return
      if (before)
        throw new Unauthenticated('the token was used by another workload already, expected a new one from "mizzen token"')
      const now = this.#clock.now()
      const kept = [...uses].filter(([, use]) => use.until > now)
      const text = JSON.stringify(Object.fromEntries([...kept, [token, { key, until }]]))
      if (await this.#store.write({ number: (found?.number ?? 0) + 1, text })) return
    }
    throw new Error('Cannot remember the use of a token: others keep writing')
  }
}

function read(text: string): Map<string, Use> {
  const value: unknown = JSON.parse(text)
  const uses = new Map<string, Use>()
  if (typeof value !== 'object' || value === null) return uses
  for (const [token, use] of Object.entries(value)) {
    if (typeof use?.key === 'string' && typeof use.until === 'number') uses.set(token, { key: use.key, until: use.until })
  }
  return uses
}

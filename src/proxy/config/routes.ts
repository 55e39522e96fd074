/**
 * Route tables that come apart from their listeners (RDS): one slot a name, whose table an update replaces for all who hold the slot.
 */
import type { RouteSource } from '../hcm/services.ts'
import type { RouteTable } from '../route/decision.ts'

export class RouteSlot implements RouteSource {
  readonly name: string
  table: RouteTable | undefined
  /** Milliseconds a listener waits for the table before it accepts without one; 0: as long as it takes. */
  readonly fetchTimeoutMs: number

  constructor(name: string, fetchTimeoutMs: number) {
    this.name = name
    this.fetchTimeoutMs = fetchTimeoutMs
  }
}

export class RouteSlots {
  readonly #slots = new Map<string, RouteSlot>()

  /** The slot of a name, made at the first call. */
  slot(name: string, fetchTimeoutMs: number): RouteSlot {
    const slot = this.#slots.get(name) ?? new RouteSlot(name, fetchTimeoutMs)
    this.#slots.set(name, slot)
    return slot
  }

  get(name: string): RouteSlot | undefined {
    return this.#slots.get(name)
  }

  /** Forgets the slots that nobody needs any more. @returns their names */
  keepOnly(needed: ReadonlySet<string>): string[] {
    const gone = [...this.#slots.keys()].filter(name => !needed.has(name))
    for (const name of gone) this.#slots.delete(name)
    return gone
  }
}

/**
 * One resource type on one stream: at most one response is under way, and what became of it decides what may be sent next.
 *
 * A refused response is halved until the resource at fault is alone: that one is not sent again until it changes, its neighbours arrive.
 */
import { type Change, type Changes, Holdings, isRemoval } from './holdings.ts'
import type { ResourceSet } from './source.ts'

/** A response as the status shows it. */
export interface Mark {
  readonly version: string
  readonly nonce: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface Refusal {
  /** The client's words. */
  readonly detail: string
  readonly nonce: string
  readonly at: number
}

interface InFlight {
  readonly mark: Mark
  readonly changes: Changes
  /** Names to be told again when this has arrived. */
  readonly repeat: Set<string>
  /** The set that the client will have whole when it accepts; undefined when more is to come. */
  completes: ResourceSet | undefined
}

/** Removals: of resources that the client has. That there never was one is told with the additions. */
export type Part = 'all' | 'additions' | 'removals'

export class Lane {
  readonly type: string
  readonly holdings = new Holdings()
  /** A wildcard subscription gets a first response even if it is empty: the client waits for it to start. */
  owesFirst = false
  /** State of the world: the version that a client coming back says it has, until it was compared. */
  claimedVersion: string | undefined
  /** Delta: the client came back and said what it has. */
  resumed = false
  /** State of the world: all requests so far named nothing, which means everything. */
  unnamed = false
  /** The protocol can say that a resource is gone. */
  readonly #tellsRemovals: boolean
  readonly #intern: (name: string) => string
  #inFlight: InFlight | undefined
  #sent: Mark | undefined
  #acked: Mark | undefined
  #refusal: Refusal | undefined
  #limit = Number.POSITIVE_INFINITY

  constructor(type: string, tellsRemovals: boolean, intern: (name: string) => string) {
    this.type = type
    this.#tellsRemovals = tellsRemovals
    this.#intern = intern
  }

  get inFlight(): Mark | undefined {
    return this.#inFlight?.mark
  }

  get sent(): Mark | undefined {
    return this.#sent
  }

  get acked(): Mark | undefined {
    return this.#acked
  }

  /** The latest, until a later response was accepted. */
  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  /** The client wants this name (again). */
  subscribe(name: string): void {
    this.holdings.subscribe(this.#intern(name))
    this.#repeatLater(name)
  }

  unsubscribe(name: string): void {
    this.holdings.unsubscribe(name)
    this.#repeatLater(name)
  }

  /** The client must hear of this name once more. */
  repeat(name: string): void {
    if (!this.#repeatLater(name)) this.holdings.repeat(name)
  }

  subscribeAll(): void {
    if (this.#inFlight) this.#inFlight.completes = undefined
    this.holdings.subscribeAll()
    this.owesFirst = true
  }

  /** The client accepted everything there is. */
  settled(target: ResourceSet): boolean {
    return this.#inFlight === undefined && this.isCurrent(target) && !this.holdings.hasRefused
  }

  isCurrent(target: ResourceSet): boolean {
    return !this.owesFirst && this.holdings.isCurrent(target)
  }

  /** What to send next of a part of the changes, and whether that is all there is; undefined: nothing for now. */
  select(target: ResourceSet, part: Part): { changes: Changes; complete: boolean } | undefined {
    const { hasRefused } = this.holdings
    const all = this.holdings.diff(target)
    if (!this.#tellsRemovals) this.#applySilently(all)
    const nothing = all.size === 0 && !this.owesFirst
    if (nothing) this.holdings.rebase(target)
    // What was refused is not wanted any more.
    if (hasRefused && !this.holdings.hasRefused) this.#refusal = undefined
    if (nothing) {
      this.#limit = Number.POSITIVE_INFINITY
      return undefined
    }
    const changes: Changes = new Map()
    for (const change of all.values()) {
      if (changes.size >= this.#limit) break
      if (part !== 'all' && isRemoval(change) !== (part === 'removals')) continue
      changes.set(change.name, change)
    }
    if (changes.size === 0 && (part === 'removals' || !this.owesFirst)) return undefined
    return { changes, complete: changes.size === all.size }
  }

  sending(mark: Mark, changes: Changes, completes: ResourceSet | undefined): void {
    this.#inFlight = { mark, changes, repeat: new Set(), completes }
    this.#sent = mark
    this.owesFirst = false
  }

  /** A client that came back has `target` already, under this version. */
  adopt(target: ResourceSet, version: string, at: number): void {
    this.holdings.adopt(target)
    this.owesFirst = false
    this.#acked = { version, nonce: '', at }
  }

  /** @returns the response that was accepted; undefined if the nonce is not that of the response under way (stale) */
  accept(nonce: string): Mark | undefined {
    const flight = this.#land(nonce)
    if (!flight) return undefined
    for (const change of flight.changes.values()) this.holdings.applied(change)
    if (flight.completes) this.holdings.rebase(flight.completes)
    for (const name of flight.repeat) this.holdings.repeat(name)
    this.#limit *= 2
    this.#acked = flight.mark
    if (!this.holdings.hasRefused) this.#refusal = undefined
    return flight.mark
  }

  /** @returns what was refused for good: nothing while the culprit is still to be found; undefined for a stale nonce */
  refuse(nonce: string, detail: string, at: number): readonly Change[] | undefined {
    const flight = this.#land(nonce)
    if (!flight) return undefined
    this.#refusal = { detail, nonce, at }
    const { changes, repeat } = flight
    if (changes.size > 1) {
      this.#limit = Math.floor(changes.size / 2)
      for (const name of changes.keys()) this.holdings.repeat(name)
      return []
    }
    const culprits = [...changes.values()]
    for (const change of culprits) this.holdings.refuse(change)
    for (const name of repeat) this.holdings.repeat(name)
    return culprits
  }

  /** What is under way may be older than the client's question, so it is not the answer; but the client will have it. */
  #repeatLater(name: string): boolean {
    if (!this.#inFlight?.changes.has(name)) return false
    this.#inFlight.repeat.add(name)
    return true
  }

  #land(nonce: string): InFlight | undefined {
    const flight = this.#inFlight
    if (!flight || flight.mark.nonce !== nonce) return undefined
    this.#inFlight = undefined
    return flight
  }

  #applySilently(changes: Changes): void {
    for (const change of changes.values()) {
      if (change.resource) continue
      this.holdings.applied(change)
      changes.delete(change.name)
    }
  }
}

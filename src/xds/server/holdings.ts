/**
 * What one client wants and has of one resource type, and thus what it lacks.
 *
 * A thousand clients with thousands of resources each are kept small by not listing what a client has: it has a whole set of the
 * source (the base, shared or the source's own), except for a few names.
 */
import type { EncodedResource } from '../wire/resource.ts'
import type { ResourceSet } from './source.ts'

export const NOTHING: ResourceSet = new Map<string, EncodedResource>()

export interface Change {
  readonly name: string
  /** undefined: the client is to learn that there is none. */
  readonly resource: EncodedResource | undefined
  /** The client asked for this name and was told nothing yet. */
  readonly asked: boolean
}

export type Changes = Map<string, Change>

/** A resource is taken from a client that has it. */
export function isRemoval(change: Change): boolean {
  return change.resource === undefined && !change.asked
}

function isSame(known: Known, resource: EncodedResource | undefined): boolean {
  return known === (resource ?? 'absent') || (typeof known === 'object' && known.version === resource?.version)
}

/** `absent`: it has none and knows it. `unknown`: it asked and was told nothing. */
type Known = EncodedResource | 'absent' | 'unknown'

const REMOVAL = ''
const NO_BYTES = new Uint8Array()

export class Holdings {
  /** Everything that the source lists. */
  #wildcard = false
  readonly #names = new Set<string>()
  #base: ResourceSet = NOTHING
  readonly #except = new Map<string, Known>()
  /** Versions that the client refused, by name; always a part of `#except`. */
  readonly #refused = new Map<string, string>()
  /** Names to be told again. Always a part of `#except`. */
  readonly #repeated = new Set<string>()

  get wildcard(): boolean {
    return this.#wildcard
  }

  get names(): ReadonlySet<string> {
    return this.#names
  }

  get refused(): Iterable<string> {
    return this.#refused.keys()
  }

  get hasRefused(): boolean {
    return this.#refused.size > 0
  }

  get hasRepeated(): boolean {
    return this.#repeated.size > 0
  }

  subscribe(name: string): void {
    this.#names.add(name)
    this.forget(name)
  }

  unsubscribe(name: string): void {
    if (!this.#names.delete(name)) return
    if (this.#wildcard) {
      // The client cannot know whether the wildcard still covers this name, so it must be told.
      this.forget(name)
      return
    }
    this.#dismiss(name)
  }

  subscribeAll(): void {
    const named = [...this.#names].map(name => [name, this.#known(name)] as const)
    this.#wildcard = true
    // The base speaks of names that nobody subscribed to, and which therefore were never sent.
    this.adopt(NOTHING)
    for (const [name, known] of named) this.#learn(name, known)
  }

  unsubscribeAll(): void {
    this.#wildcard = false
    for (const name of this.#except.keys()) if (!this.#names.has(name)) this.#dismiss(name)
  }

  /** The client needs to hear of this name again, whatever it was told before. */
  forget(name: string): void {
    if (!this.#wants(name)) return
    this.#learn(name, 'unknown')
  }

  /** A client that comes back says what it has. */
  claim(name: string, version: string): void {
    if (this.#wants(name)) this.#except.set(name, { name, version, bytes: NO_BYTES })
  }

  /** It has all that it wants of `target`. */
  adopt(target: ResourceSet): void {
    this.#base = target
    this.#except.clear()
    this.#refused.clear()
    this.#repeated.clear()
  }

  /** The client took this change. */
  applied(change: Change): void {
    if (this.#wants(change.name)) this.#learn(change.name, change.resource ?? 'absent')
  }

  /** The client will not have this change: it is not offered again, another version is. */
  refuse(change: Change): void {
    if (!this.#wants(change.name)) return
    this.#except.set(change.name, this.#known(change.name))
    this.#refused.set(change.name, change.resource?.version ?? REMOVAL)
  }

  /** To be told again although it knows: it waits to hear it anew, or refused a response with this name in it, perhaps for another. */
  repeat(name: string): void {
    if (!this.#wants(name)) return
    const known = this.#known(name)
    this.#learn(name, known === 'absent' ? 'unknown' : known)
    this.#repeated.add(name)
  }

  /** Nothing to tell, and found out without comparing. */
  isCurrent(target: ResourceSet): boolean {
    return this.#base === target && this.#except.size === this.#refused.size
  }

  /** What the client must be told to have all that it wants of `target`, without what it refused. */
  diff(target: ResourceSet): Changes {
    const changes: Changes = new Map()
    const changed = target === this.#base ? [] : target.changedSince?.(this.#base)
    if (changed) {
      for (const name of changed) if (this.#wants(name)) this.#compare(name, target.get(name), changes)
      for (const name of this.#except.keys()) this.#compare(name, target.get(name), changes)
      return changes
    }
    if (this.#wildcard) {
      for (const resource of target.values()) this.#compare(resource.name, resource, changes)
      for (const { name } of this.#base.values()) if (!target.get(name)) this.#compare(name, undefined, changes)
      for (const name of this.#except.keys()) this.#compare(name, target.get(name), changes)
    }
    for (const name of this.#names) this.#compare(name, target.get(name), changes)
    return changes
  }

  /** `target` is from now on what the client has, but for open questions and what it refused. */
  rebase(target: ResourceSet): void {
    for (const [name, known] of this.#except) {
      const refused = this.#refused.get(name)
      if (refused !== undefined && refused === (target.get(name)?.version ?? REMOVAL)) continue
      this.#refused.delete(name)
      if (known !== 'unknown' && !this.#repeated.has(name)) this.#except.delete(name)
    }
    this.#base = target
  }

  /** All of `target` that is subscribed. */
  wanted(target: ResourceSet): EncodedResource[] {
    const wanted = new Set<EncodedResource>(this.#wildcard ? target.values() : [])
    for (const name of this.#names) {
      const resource = target.get(name)
      if (resource) wanted.add(resource)
    }
    return [...wanted]
  }

  /** All that the client will have once it took `changes` on the way to `target`. */
  contents(target: ResourceSet, changes: Changes): EncodedResource[] {
    const names = new Set(this.#names)
    if (this.#wildcard) {
      for (const { name } of target.values()) names.add(name)
      for (const { name } of this.#base.values()) names.add(name)
      for (const name of this.#except.keys()) names.add(name)
    }
    const contents: EncodedResource[] = []
    for (const name of names) {
      const change = changes.get(name)
      const resource = change ? change.resource : this.#known(name)
      if (typeof resource === 'object') contents.push(resource)
    }
    return contents
  }

  #learn(name: string, known: Known): void {
    this.#except.set(name, known)
    this.#refused.delete(name)
    this.#repeated.delete(name)
  }

  #dismiss(name: string): void {
    this.#except.delete(name)
    this.#refused.delete(name)
    this.#repeated.delete(name)
  }

  #wants(name: string): boolean {
    return this.#wildcard || this.#names.has(name)
  }

  #known(name: string): Known {
    return this.#except.get(name) ?? this.#base.get(name) ?? 'absent'
  }

  #compare(name: string, resource: EncodedResource | undefined, changes: Changes): void {
    const known = this.#known(name)
    if (isSame(known, resource) && !this.#repeated.has(name)) {
      this.#refused.delete(name)
      return
    }
    if (this.#refused.get(name) === (resource?.version ?? REMOVAL)) return
    changes.set(name, { name, resource, asked: known === 'unknown' })
  }
}

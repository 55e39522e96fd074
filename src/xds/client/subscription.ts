/**
 * What the client wants and has of one resource type; it outlives streams.
 */
import { isComplete } from '../wire/type-url.ts'
import type { Rejections, Update } from './client.ts'

export const ALL = '*'

export class Subscription {
  readonly type: string
  readonly names = new Set<string>()
  /** The versions that were applied, by name; the empty version: it was said that there is none. */
  readonly versions = new Map<string, string>()
  /** Names that the server was not told of yet, since it was told of any on this stream. */
  readonly added = new Set<string>()
  readonly dropped = new Set<string>()
  /** This stream's server knows of the type. */
  announced = false
  /** Some server has answered for it. */
  answered = false
  /** Of the last response of this stream. State of the world only. */
  nonce = ''
  /** Of the last response that was accepted. State of the world only. */
  acceptedVersion = ''
  /** A response was taken in part: what is there is no version that a server knows. State of the world only. */
  mixed = false

  constructor(type: string) {
    this.type = type
  }

  get pending(): boolean {
    return this.announced ? this.added.size + this.dropped.size > 0 : this.names.size > 0
  }

  /**
   * As a request lists them. Old servers do not know `*`, but for the types that always could be had whole, they and new ones take an
   * empty list for it.
   */
  allNames(): string[] {
    return isComplete(this.type) && this.names.size === 1 && this.names.has(ALL) ? [] : [...this.names]
  }

  add(name: string): void {
    if (this.names.has(name)) return
    this.names.add(name)
    this.added.add(name)
  }

  drop(name: string): void {
    if (!this.names.delete(name)) return
    if (!this.added.delete(name)) this.dropped.add(name)
    if (name !== ALL) {
      if (!this.names.has(ALL)) this.versions.delete(name)
      return
    }
    for (const known of this.versions.keys()) if (!this.names.has(known)) this.versions.delete(known)
  }

  wants(name: string): boolean {
    return this.names.has(ALL) || this.names.has(name)
  }

  /** The server knows all names now. */
  told(): void {
    this.announced = true
    this.added.clear()
    this.dropped.clear()
  }

  /** A new stream: its server knows nothing. */
  restart(): void {
    this.announced = false
    this.added.clear()
    this.dropped.clear()
    this.nonce = ''
    if (this.mixed || this.#lacksSome()) this.acceptedVersion = ''
  }

  accepted(version: string): void {
    this.acceptedVersion = version
    this.mixed = false
  }

  /** Keeps the versions of what was not refused. */
  applied(update: Update, rejections: Rejections | undefined): void {
    if (rejections) this.mixed = true
    if (rejections?.has('')) return
    for (const { name, version } of update.updated)
      if (!rejections?.has(name) && this.wants(name)) this.versions.set(name, version)
    for (const name of update.removed) {
      if (rejections?.has(name)) continue
      if (this.names.has(name)) this.versions.set(name, '')
      else this.versions.delete(name)
    }
  }

  /** Names were added, or forgotten and added again, since the last response. */
  #lacksSome(): boolean {
    for (const name of this.names) if (name !== ALL && !this.versions.has(name)) return true
    return false
  }
}

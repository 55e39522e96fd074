/**
 * The simplest source: one snapshot for all proxies, changed by name. For tests, benchmarks and whoever has resources at hand.
 */
import type { Node } from '../gen/envoy/config/core/v3/base.ts'
import type { EncodedResource } from '../wire/resource.ts'
import type { Change, ResourceSource, Snapshot } from './source.ts'

export class MapSource implements ResourceSource {
  #types: ReadonlyMap<string, ReadonlyMap<string, EncodedResource>> = new Map()
  readonly #listeners = new Set<(change: Change) => void>()

  resolve(_node: Node): Snapshot {
    return this.#types
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** All changes of one call are one new state. */
  update(type: string, put: Iterable<EncodedResource>, remove: Iterable<string> = []): this {
    const set = new Map(this.#types.get(type))
    for (const resource of put) set.set(resource.name, resource)
    for (const name of remove) set.delete(name)
    this.#types = new Map(this.#types).set(type, set)
    for (const listener of this.#listeners) listener('all')
    return this
  }
}

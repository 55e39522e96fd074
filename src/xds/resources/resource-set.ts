/** Resources of one type for one proxy; the ADS server's form of it. */
import type { EncodedResource } from '../wire/resource.ts'

export interface ResourceSet {
  /** Also knows names that `values()` does not list, where resources are made when they are asked for. */
  get(name: string): EncodedResource | undefined
  values(): Iterable<EncodedResource>
}

/** A list of resources with distinct names. */
export class ListedSet implements ResourceSet {
  readonly #resources: readonly EncodedResource[]
  #byName: ReadonlyMap<string, EncodedResource> | undefined

  constructor(resources: readonly EncodedResource[]) {
    this.#resources = resources
  }

  get(name: string): EncodedResource | undefined {
    this.#byName ??= new Map(this.#resources.map(resource => [resource.name, resource]))
    return this.#byName.get(name)
  }

  values(): Iterable<EncodedResource> {
    return this.#resources
  }

  /** Whether these are the same objects in the same order. */
  holds(resources: readonly EncodedResource[]): boolean {
    return this.#resources.length === resources.length && resources.every((resource, i) => resource === this.#resources[i])
  }
}

/** What proxies share and what is a proxy's own, as one set. Their names are distinct. */
export class LayeredSet implements ResourceSet {
  readonly shared: ResourceSet
  readonly own: ResourceSet

  constructor(shared: ResourceSet, own: ResourceSet) {
    this.shared = shared
    this.own = own
  }

  get(name: string): EncodedResource | undefined {
    return this.own.get(name) ?? this.shared.get(name)
  }

  *values(): Iterable<EncodedResource> {
    yield* this.shared.values()
    yield* this.own.values()
  }
}

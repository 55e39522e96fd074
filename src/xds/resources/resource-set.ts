/** Resources of one type for one proxy; the ADS server's form of it. */
import type { EncodedResource } from '../wire/resource.ts'

export interface ResourceSet {
  /** Also knows names that `values()` does not list, where resources are made when they are asked for. */
  get(name: string): EncodedResource | undefined
  values(): Iterable<EncodedResource>
  /** Names whose resource differs from that in `base`; undefined: not known, everything may differ. */
  changedSince?(base: object): readonly string[] | undefined
}

/** Where in a list each name stands, found out when it is needed. Lists with the same names in the same order share one. */
class NameIndex {
  #places: ReadonlyMap<string, number> | undefined

  placeOf(name: string, resources: readonly EncodedResource[]): number | undefined {
    this.#places ??= new Map(resources.map((resource, i) => [resource.name, i]))
    return this.#places.get(name)
  }
}

/** A list of resources with distinct names. */
export class ListedSet implements ResourceSet {
  readonly #resources: readonly EncodedResource[]
  readonly #index: NameIndex
  /** What the list was before, and what changed since; only where the names are the same. */
  readonly #since: { readonly before: WeakRef<ListedSet>; readonly changed: readonly string[] } | undefined

  /** @param before of which this is a new version: who has it need only look at what changed */
  constructor(resources: readonly EncodedResource[], before?: ListedSet) {
    this.#resources = resources
    const changed = before && changedNames(before.#resources, resources)
    this.#since = changed && before && { before: new WeakRef(before), changed }
    this.#index = changed && before ? before.#index : new NameIndex()
  }

  get(name: string): EncodedResource | undefined {
    const place = this.#index.placeOf(name, this.#resources)
    return place === undefined ? undefined : this.#resources[place]
  }

  values(): Iterable<EncodedResource> {
    return this.#resources
  }

  changedSince(base: object): readonly string[] | undefined {
    return base === this ? [] : base === this.#since?.before.deref() ? this.#since?.changed : undefined
  }

  /** Whether these are the same objects in the same order. */
  holds(resources: readonly EncodedResource[]): boolean {
    return this.#resources.length === resources.length && resources.every((resource, i) => resource === this.#resources[i])
  }
}

/** @returns undefined: the names themselves differ, or their order */
function changedNames(before: readonly EncodedResource[], now: readonly EncodedResource[]): string[] | undefined {
  if (before.length !== now.length) return undefined
  const changed: string[] = []
  for (const [i, resource] of now.entries()) {
    const old = before[i]
    if (old === resource) continue
    if (old?.name !== resource.name) return undefined
    changed.push(resource.name)
  }
  return changed
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

  changedSince(base: object): readonly string[] | undefined {
    if (!(base instanceof LayeredSet)) return undefined
    const shared = this.shared === base.shared ? [] : this.shared.changedSince?.(base.shared)
    const own = this.own === base.own ? [] : this.own.changedSince?.(base.own)
    return shared && own && [...shared, ...own]
  }
}

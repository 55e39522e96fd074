/**
 * What is kept between calls, so that equal configuration is the same object: its readers compare by identity and look no further. Keep one
 * for the life of the control plane.
 */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { RESOURCE_TYPES, type ResourceType } from '../wire/type-url.ts'
import { Encoder } from './encoded.ts'
import { type MeshEndpoints, type OutboundEndpoints, outboundEndpoints } from './endpoints.ts'
import { type OutboundTables, outboundTables } from './outbound-tables.ts'
import { LayeredSet, ListedSet, type ResourceSet } from './resource-set.ts'
import type { View } from './view.ts'

export class ResourceCache {
  readonly encoder = new Encoder()
  /** Made once for all proxies of a group, and for as many states of the mesh as its inputs stay the same. */
  readonly #made = new IdentityMemo<ListedSet>()
  /** The last set of each group of proxies; nobody else may need it any more. */
  readonly #shared = new Map<string, WeakRef<ListedSet>>()
  /** The last of each group of sidecars. */
  readonly #tables = new Map<string, OutboundTables>()
  readonly #endpoints = new Map<string, OutboundEndpoints>()
  /** The last set of each proxy. */
  readonly #own = new Map<string, ListedSet>()
  readonly #layered = new Map<string, LayeredSet>()
  /** The last set of each type that was made of another. */
  readonly #derived = new WeakMap<object, Map<ResourceType, WeakRef<ListedSet>>>()

  /** @param inputs the objects it is made of, beside what `view.key` says @param variant where there are several of one type */
  shared(
    view: View,
    type: ResourceType,
    inputs: readonly object[],
    make: () => readonly EncodedResource[],
    variant = '',
  ): ResourceSet {
    const key = `${type} ${variant} ${view.key}`
    return this.#made.get([...inputs, key], () => {
      const set = settle(this.#shared.get(key)?.deref(), make())
      this.#shared.set(key, new WeakRef(set))
      return set
    })
  }

  /** Made from those of the state before, of which most stay as they are. */
  outboundTables(view: View): OutboundTables {
    const tables = outboundTables(view, this.#tables.get(view.key))
    this.#tables.set(view.key, tables)
    return tables
  }

  /** Made from those of the state before, too. */
  endpoints(view: View, endpoints: MeshEndpoints): readonly EncodedResource[] {
    const made = outboundEndpoints(view, endpoints, this.encoder, this.#endpoints.get(view.key))
    this.#endpoints.set(view.key, made)
    return made.byService.flat()
  }

  own(proxy: string, type: ResourceType, resources: readonly EncodedResource[]): ResourceSet {
    const key = `${type} ${proxy}`
    const set = settle(this.#own.get(key), resources)
    this.#own.set(key, set)
    return set
  }

  /** What the proxy shares with others, and its own. */
  layered(proxy: string, type: ResourceType, shared: ResourceSet, resources: readonly EncodedResource[]): ResourceSet {
    const own = this.own(proxy, type, resources)
    const key = `${type} ${proxy}`
    const before = this.#layered.get(key)
    if (before && before.shared === shared && before.own === own) return before
    const now = new LayeredSet(shared, own)
    this.#layered.set(key, now)
    return now
  }

  /** What is made of a set and of `scene` alone, for all who share both. */
  derived(set: ResourceSet, scene: object, type: ResourceType, make: () => readonly EncodedResource[]): ResourceSet {
    return this.#made.get([set, scene, type], () => {
      const last = this.#derived.get(scene) ?? new Map<ResourceType, WeakRef<ListedSet>>()
      this.#derived.set(scene, last)
      const now = settle(last.get(type)?.deref(), make())
      last.set(type, new WeakRef(now))
      return now
    })
  }

  /** A proxy that is gone. */
  forget(proxy: string): void {
    for (const type of RESOURCE_TYPES) {
      for (const key of [`${type} ${proxy}`, `${type} patched ${proxy}`, `${type} traced ${proxy}`]) {
        this.#own.delete(key)
        this.#layered.delete(key)
      }
    }
  }
}

function settle(before: ListedSet | undefined, resources: readonly EncodedResource[]): ListedSet {
  return before?.holds(resources) ? before : new ListedSet(resources, before)
}

/**
 * The seam between the ADS server and whatever computes resources: for one proxy a snapshot of everything it may have, and word when
 * that changed. `ReadonlyMap<type URL, ReadonlyMap<name, EncodedResource>>` is a snapshot.
 */
import type { Node } from '../gen/envoy/config/core/v3/base.ts'
import type { EncodedResource } from '../wire/resource.ts'

/** The resources of one type that a proxy may have. Immutable: a change makes a new set. A Map by name is one. */
export interface ResourceSet {
  /** Also answers names that `values()` does not list: resources that a proxy gets only when it asks for them by name. */
  get(name: string): EncodedResource | undefined
  /** What a wildcard subscription gets. */
  values(): Iterable<EncodedResource>
  /** Names whose resource differs from that in `base`; undefined: not known, so that all must be compared. */
  changedSince?(base: ResourceSet): readonly string[] | undefined
}

/** Immutable and consistent: all types come from one state of the configuration. */
export interface Snapshot {
  /**
   * @param type a type URL
   * @returns the same object as in the last snapshot when nothing of this type changed (the server then skips the type); undefined for
   * a type that is not served, which is the same as an empty set
   */
  get(type: string): ResourceSet | undefined
}

export interface ResourceSource {
  /**
   * What this proxy may have now. Called when it connects and after each change that concerns it; may compute lazily. undefined: nothing
   * is known about this proxy yet, it is left waiting until a change is announced. If it throws, the proxy stays on what it has.
   *
   * @param node as the proxy described itself in the first message of its stream
   */
  resolve(node: Node): Snapshot | undefined
  /** @returns ends the subscription */
  subscribe(listener: (change: Change) => void): () => void
}

/** Whom a change concerns: the ids (`Node.id`) of proxies, or all of them. Naming too many costs time, never a needless push. */
export type Change = 'all' | ReadonlySet<string>

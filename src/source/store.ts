/**
 * The configuration as a whole: what several sources contribute, merged into immutable snapshots, and what changed from one to the
 * next. Of two objects with one kind, namespace and name the one of the earlier source wins, within a source the first; the other is
 * reported.
 */
import { idOf, kindIds } from '../api/kind-name.ts'
import { resourceName } from '../api/object.ts'
import type { AnyObject, KindId, ObjectOf } from '../api/registry.ts'
import { aboutFile, type Diagnostic } from './diagnostic.ts'

/** All objects at one moment, each list ordered by namespace and name. A list without changes is the same array in the next snapshot. */
export interface Snapshot {
  /** Counts up with each change of objects. */
  readonly revision: number
  readonly objects: { readonly [Id in KindId]: readonly ObjectOf<Id>[] }
}

/** What made a snapshot out of the one before. */
export interface Change {
  readonly snapshot: Snapshot
  readonly added: readonly AnyObject[]
  readonly updated: readonly Exchange[]
  readonly removed: readonly AnyObject[]
}

/** What was said newly and what is no longer true, beside the whole list. */
export interface DiagnosticsChange {
  readonly all: readonly Diagnostic[]
  readonly appeared: readonly Diagnostic[]
  readonly resolved: readonly Diagnostic[]
}

/** One source's share of the configuration. */
export interface Contribution {
  /**
   * Replaces all that this source said before. An object that did not change should be the same object as last time: that is how
   * changes are found. Listeners run before it returns; called by a listener, it takes effect after all listeners have run.
   */
  publish(objects: readonly AnyObject[], diagnostics?: readonly Diagnostic[]): void
}

/** One object in place of another of the same kind and name. */
interface Exchange {
  readonly before: AnyObject
  readonly after: AnyObject
}

interface Share {
  objects: readonly AnyObject[]
  diagnostics: readonly Diagnostic[]
}

export class Store {
  readonly #shares: Share[] = []
  readonly #listeners = new Set<(change: Change) => void>()
  readonly #diagnosticListeners = new Set<(change: DiagnosticsChange) => void>()
  #objects = new Map<string, AnyObject>()
  #snapshot: Snapshot = { revision: 0, objects: listsOf([], undefined, new Set(kindIds)) }
  #diagnostics: readonly Diagnostic[] = []
  #merging = false
  #mergeAgain = false
  /** All that the next merge has to do, where that is so simple. */
  #exchanged: readonly Exchange[] | undefined
  #hasDuplicates = false

  /** A new source; those made earlier win over those made later. */
  source(): Contribution {
    const share: Share = { objects: [], diagnostics: [] }
    this.#shares.push(share)
    return {
      publish: (objects, diagnostics = []) => {
        this.#exchanged = this.#merging ? undefined : this.#exchangesOf(share.objects, objects)
        share.objects = objects
        share.diagnostics = diagnostics
        this.#merge()
      },
    }
  }

  snapshot(): Snapshot {
    return this.#snapshot
  }

  diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics
  }

  /** @returns ends the subscription. A listener that throws is reported as a diagnostic; the others still run. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @returns ends the subscription. */
  subscribeDiagnostics(listener: (change: DiagnosticsChange) => void): () => void {
    this.#diagnosticListeners.add(listener)
    return () => this.#diagnosticListeners.delete(listener)
  }

  /** One change after the other: a listener that publishes must not make others see the newer snapshot first. */
  #merge(): void {
    this.#mergeAgain = true
    if (this.#merging) return
    this.#merging = true
    while (this.#mergeAgain) {
      this.#mergeAgain = false
      this.#mergeOnce()
    }
    this.#merging = false
  }

  #mergeOnce(): void {
    const exchanged = this.#exchanged
    this.#exchanged = undefined
    const { change, duplicates } = exchanged ? { change: this.#exchange(exchanged), duplicates: [] } : this.#mergeShares()
    const failures = change ? callAll(this.#listeners, change) : []
    this.#setDiagnostics([...this.#shares.flatMap(share => share.diagnostics), ...duplicates, ...failures])
  }

  #mergeShares(): { change: Change | undefined; duplicates: readonly Diagnostic[] } {
    const objects = new Map<string, AnyObject>()
    const duplicates: Diagnostic[] = []
    for (const share of this.#shares) {
      for (const object of share.objects) {
        const key = keyOf(object)
        const first = objects.get(key)
        if (first) duplicates.push(duplicate(object, first))
        else objects.set(key, object)
      }
    }
    this.#hasDuplicates = duplicates.length > 0
    return { change: this.#changeTo(objects), duplicates }
  }

  /** Which objects were exchanged for others of the same name, when that is all; a mesh of ten thousands is mostly changed so. */
  #exchangesOf(before: readonly AnyObject[], after: readonly AnyObject[]): readonly Exchange[] | undefined {
    if (this.#hasDuplicates || before.length !== after.length) return undefined
    const exchanges: Exchange[] = []
    for (const [i, now] of after.entries()) {
      const was = before[i]
      if (was === now) continue
      if (!was || keyOf(was) !== keyOf(now)) return undefined
      exchanges.push({ before: was, after: now })
    }
    return exchanges
  }

  #exchange(updated: readonly Exchange[]): Change | undefined {
    if (updated.length === 0) return undefined
    const lists: Partial<Record<KindId, readonly AnyObject[]>> = { ...this.#snapshot.objects }
    for (const [id, exchanges] of Map.groupBy(updated, ({ after }) => idOf(after))) {
      const now = new Map(exchanges.map(({ before, after }) => [before, after]))
      lists[id] = lists[id]?.map(object => now.get(object) ?? object) ?? []
    }
    for (const { after } of updated) this.#objects.set(keyOf(after), after)
    // Each list holds what it held, and newer objects of the same kind.
    const objects = lists as Snapshot['objects']
    this.#snapshot = { revision: this.#snapshot.revision + 1, objects }
    return { snapshot: this.#snapshot, added: [], updated, removed: [] }
  }

  #changeTo(objects: Map<string, AnyObject>): Change | undefined {
    const added: AnyObject[] = []
    const updated: Exchange[] = []
    const removed: AnyObject[] = []
    for (const [key, after] of objects) {
      const before = this.#objects.get(key)
      if (!before) added.push(after)
      else if (before !== after) updated.push({ before, after })
    }
    for (const [key, before] of this.#objects) if (!objects.has(key)) removed.push(before)
    if (added.length + updated.length + removed.length === 0) return undefined
    const touched = new Set([...added, ...removed, ...updated.map(each => each.after)].map(idOf))
    this.#objects = objects
    this.#snapshot = {
      revision: this.#snapshot.revision + 1,
      objects: listsOf([...objects.values()], this.#snapshot.objects, touched),
    }
    return { snapshot: this.#snapshot, added, updated, removed }
  }

  #setDiagnostics(all: readonly Diagnostic[]): void {
    const before = new Set(this.#diagnostics.map(identity))
    const now = new Set(all.map(identity))
    const appeared = all.filter(diagnostic => !before.has(identity(diagnostic)))
    const resolved = this.#diagnostics.filter(diagnostic => !now.has(identity(diagnostic)))
    this.#diagnostics = all
    if (appeared.length + resolved.length === 0) return
    this.#diagnostics = [...all, ...callAll(this.#diagnosticListeners, { all, appeared, resolved })]
  }
}

/** @returns what the listeners threw */
function callAll<Event>(listeners: ReadonlySet<(event: Event) => void>, event: Event): Diagnostic[] {
  const failures: Diagnostic[] = []
  for (const listener of listeners) {
    try {
      listener(event)
    } catch (error) {
      failures.push(consumerFailed(error))
    }
  }
  return failures
}

function keyOf(object: AnyObject): string {
  return `${object.group}/${object.kind}/${object.namespace}/${object.name}`
}

function listsOf(
  objects: readonly AnyObject[],
  before: Snapshot['objects'] | undefined,
  touched: ReadonlySet<KindId>,
): Snapshot['objects'] {
  const lists: Partial<Record<KindId, readonly AnyObject[]>> = {}
  for (const id of kindIds) lists[id] = before && !touched.has(id) ? before[id] : []
  const anew = Map.groupBy(objects, idOf)
  for (const id of touched)
    lists[id] = (anew.get(id) ?? []).sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name))
  return lists as Snapshot['objects'] // every list holds the objects whose kind is its id
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function duplicate(object: AnyObject, first: AnyObject): Diagnostic {
  const { file, line, column } = object.origin
  const message = `the same object stands in ${first.origin.file}:${first.origin.line}, which is used`
  return {
    ...aboutFile(file, 'error', 'duplicate-object', message),
    resource: resourceName(object),
    line,
    column,
    fix: 'remove one of the two, or give it another name or namespace',
    effect: 'this one is ignored',
  }
}

function consumerFailed(error: unknown): Diagnostic {
  const message = `Cannot apply the configuration: ${error instanceof Error ? error.message : String(error)}`
  return { ...aboutFile('', 'error', 'not-applied', message), effect: 'what was applied before keeps serving' }
}

function identity(diagnostic: Diagnostic): string {
  return JSON.stringify([
    diagnostic.level,
    diagnostic.code,
    diagnostic.file,
    diagnostic.line,
    diagnostic.column,
    diagnostic.resource,
    diagnostic.message,
  ])
}

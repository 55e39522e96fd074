/** One kind of a cluster (or of one of its namespaces), followed: its objects now, and what is wrong with them or with following. */
import { setTimeout as wait } from 'node:timers/promises'
import type { AnyObject, KindId } from '../../api/registry.ts'
import type { ApiError } from '../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
import { isRecord, listAt, textAt } from '../../kubernetes/client/raw-object.ts'
import { Reflector } from '../../kubernetes/client/reflector.ts'
import { aboutFile, type Diagnostic } from '../diagnostic.ts'
import { type Entry, keyOf, readEntry } from './reading.ts'

export interface FollowedKindOptions {
  readonly api: ApiServer
  readonly id: KindId
  readonly path: string
  /** Whether an object counts, by "namespace/name". */
  readonly wanted: (key: string) => boolean
  readonly onChange: () => void
  /** Who followed the same list before: what it knew holds until the list is read. */
  readonly successorOf?: FollowedKind | undefined
}

const LOOK_MS = 10
export const ONLY_METADATA =
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** Answers after which waiting for a list is no use: it may not be read, or is not there. */
const FINAL: ReadonlySet<number> = new Set([401, 403, 404, 405])

export class FollowedKind {
  readonly path: string
  readonly #options: FollowedKindOptions
  readonly #reflector: Reflector<Entry>
  #entries = new Map<string, Entry>()
  #objects: readonly AnyObject[] | undefined
  #trouble: ApiError | undefined
  #listed = false

  constructor(options: FollowedKindOptions) {
    const { api, id, path, wanted, onChange } = options
    this.#options = options
    this.path = path
    this.#entries = new Map(options.successorOf ? options.successorOf.#entries : [])
    this.#reflector = new Reflector<Entry>({
      api,
      path,
      sink: {
        read: document => (wanted(keyOf(document)) ? readEntry(id, document, key => this.#entries.get(key)) : undefined),
        replace: all => this.#replace(all),
        changed: entry => this.#set(entry),
        removed: document => {
          if (!this.#entries.delete(keyOf(document))) return
          this.#objects = undefined
          onChange()
        },
        trouble: error => this.#setTrouble(error),
      },
    })
  }

  /** It was read once, or it cannot be read and will not be soon. */
  get isSettled(): boolean {
    return this.#listed || (this.#trouble !== undefined && FINAL.has(this.#trouble.status))
  }

  entry(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  /** The same list until something changes. */
  objects(): readonly AnyObject[] {
    this.#objects ??= [...this.#entries.values()].flatMap(entry => entry.object ?? [])
    return this.#objects
  }

  diagnostics(): Diagnostic[] {
    const own = [...this.#entries.values()].flatMap(entry => entry.diagnostics)
    return this.#trouble ? [troubleOf(this.#options.id, this.#trouble, this.#listed), ...own] : own
  }

  /** Resolves when all was heard that the cluster says at this moment; rejects with the signal's reason, or when it cannot be asked. */
  async sync(signal: AbortSignal): Promise<void> {
    const { api } = this.#options
    const list = await api.json({ path: this.path, accept: ONLY_METADATA, signal })
    const asked = BigInt(textAt(list, 'metadata', 'resourceVersion') || '0')
    const items = listAt(list, 'items')
    const newest = items.map(versionOf).reduce((a, b) => (a > b ? a : b), 0n)
    const there = new Set(items.map(item => keyOf(isRecord(item) ? item : {})))
    for (;;) {
      const heard = BigInt(this.#reflector.version ?? '0')
      // A quiet kind is not told how far the cluster is: then what is there must have been heard, and what is gone be forgotten.
      const isCurrent = heard >= asked || (heard >= newest && [...this.#entries.keys()].every(key => there.has(key)))
      if (isCurrent) return
      await wait(LOOK_MS, undefined, { signal })
    }
  }

  close(): void {
    this.#reflector.close()
  }

  #replace(all: readonly Entry[]): void {
    this.#listed = true
    this.#entries = new Map(all.map(entry => [entry.key, entry]))
    this.#objects = undefined
    this.#options.onChange()
  }

  #set(entry: Entry): void {
    const before = this.#entries.get(entry.key)
    this.#entries.set(entry.key, entry)
    if (before?.object !== entry.object) this.#objects = undefined
    // The times and owners of an object change without it; who writes a status wants to see that it was written.
    if (before?.object !== entry.object || before?.diagnostics !== entry.diagnostics || before.status !== entry.status)
      this.#options.onChange()
  }

  #setTrouble(error: ApiError | undefined): void {
    if (error?.message === this.#trouble?.message) return
    this.#trouble = error
    this.#options.onChange()
  }
}

function troubleOf(id: KindId, error: ApiError, listed: boolean): Diagnostic {
  const effect = listed ? 'what was read before keeps serving' : `objects of kind ${id} are left out`
  const code = error.status === 403 ? 'forbidden' : 'api-server'
  return { ...aboutFile('cluster', 'error', code, error.message), effect }
}

function versionOf(item: unknown): bigint {
  return BigInt(textAt(item, 'metadata', 'resourceVersion') || '0')
}

/** One kind of a cluster (or of one of its namespaces), followed: its objects now, and what is wrong with them or with following. */
import type { AnyObject, KindId } from '../../api/registry.ts'
import type { ApiError } from '../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
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

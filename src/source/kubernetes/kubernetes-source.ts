/**
 * A cluster as a source of objects: every kind that it has is followed, kinds that come later too; of Secrets and ConfigMaps only those that
 * something names. Bursts of events become one change.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { KindId, ObjectOf } from '../../api/registry.ts'
import { ApiError } from '../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../kubernetes/client/api-server.ts'
import { textAt } from '../../kubernetes/client/raw-object.ts'
import { Reflector } from '../../kubernetes/client/reflector.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { Debounce } from '../../lib/debounce.ts'
import { aboutFile, type Diagnostic } from '../diagnostic.ts'
import type { Contribution } from '../store.ts'
import { discover, type ServedKind } from './discovery.ts'
import { FollowedKind, ONLY_METADATA } from './followed-kind.ts'
import type { Entry } from './reading.ts'
import { type ReferencedKind, referenceKey, referencesOf } from './referenced.ts'
import { watchedKinds } from './watched.ts'

export interface KubernetesSourceOptions {
  readonly api: ApiServer
  /** Where the mesh configuration stands. */
  readonly rootNamespace: string
  /** ConfigMaps there that count whoever names them: the mesh configuration. */
  readonly configMaps: readonly string[]
  /** @default systemClock */
  readonly clock?: Clock
  /** After each publication: what changed without changing the mesh, such as a status, counts too. */
  readonly onChange?: () => void
}

/** Events are gathered for so long, milliseconds; the ADS server gathers again. */
const QUIET_MS = 5
const LONGEST_MS = 200
/** A definition is served a moment after it is there. */
const REDISCOVER_MS = 300
const RETRY_MS = 5000
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
/** What runs comes and goes by itself: nobody waits for it to stand still. */
const OF_PODS: ReadonlySet<KindId> = new Set(['Pod', 'EndpointSlice', 'Node'])

export class KubernetesSource {
  readonly #options: KubernetesSourceOptions
  readonly #to: Contribution
  readonly #clock: Clock
  readonly #followed = new Map<KindId, FollowedKind>()
  /** "Secret shop" -> the namespace's Secrets. */
  readonly #named = new Map<string, FollowedKind>()
  readonly #publish: Debounce
  #definitions: Reflector<string> | undefined
  #cancelDiscovery: (() => void) | undefined
  #discovered = false
  #problems: readonly Diagnostic[] = []
  #wanted: ReadonlySet<string> = new Set()
  #synced = Promise.withResolvers<void>()
  #isSynced = false
  #closed = false

  constructor(options: KubernetesSourceOptions, to: Contribution) {
    this.#options = options
    this.#to = to
    this.#clock = options.clock ?? systemClock
    this.#publish = new Debounce({
      clock: this.#clock,
      quietMs: QUIET_MS,
      maxMs: LONGEST_MS,
      run: done => {
        this.#publishNow()
        done()
      },
    })
  }

  /** Resolves when all that may be read has been read once, and was published. Waits as long as there is no API server. */
  async start(): Promise<void> {
    await this.#discover()
    return this.#synced.promise
  }

  get isSynced(): boolean {
    return this.#isSynced
  }

  /** @param key "namespace/name", or the name alone */
  entry(id: KindId, key: string): Entry | undefined {
    return this.#followed.get(id)?.entry(key)
  }

  /** Where objects of a kind are; undefined: this cluster has none. */
  pathOf(id: KindId): string | undefined {
    return this.#followed.get(id)?.path
  }

  /** Resolves when the configuration that the cluster has at this moment was published; rejects with the signal's reason, or when it cannot be asked. */
  async sync(signal: AbortSignal): Promise<void> {
    const configuration = [...this.#followed].filter(([id]) => !OF_PODS.has(id)).map(([, kind]) => kind)
    await Promise.all([...configuration, ...this.#named.values()].filter(kind => kind.isSettled).map(kind => kind.sync(signal)))
    while (this.#publish.busy) await wait(QUIET_MS, undefined, { signal })
  }

  close(): void {
    this.#closed = true
    this.#cancelDiscovery?.()
    this.#definitions?.close()
    this.#publish.cancel()
    for (const kind of [...this.#followed.values(), ...this.#named.values()]) kind.close()
  }

  async #discover(): Promise<void> {
    this.#cancelDiscovery = undefined
    try {
      const { served, foreign } = await discover(this.#options.api, watchedKinds)
      if (this.#closed) return
      this.#follow(served)
      this.#problems = foreign.map(({ id, versions }) => foreignVersion(id, versions))
      this.#discovered = true
    } catch (error) {
      if (this.#closed) return
      this.#problems = [apiProblem(error)]
      this.#discoverAfter(RETRY_MS)
    }
    this.#definitions ??= new Reflector({
      api: this.#options.api,
      path: DEFINITIONS,
      accept: ONLY_METADATA,
      sink: {
        read: object => textAt(object, 'metadata', 'name'),
        replace: () => this.#discoverAfter(REDISCOVER_MS),
        changed: () => this.#discoverAfter(REDISCOVER_MS),
        removed: () => this.#discoverAfter(REDISCOVER_MS),
        trouble: () => {},
      },
    })
    this.#publish.trigger()
  }

  #discoverAfter(ms: number): void {
    if (this.#closed) return
    this.#cancelDiscovery?.()
    this.#cancelDiscovery = this.#clock.after(ms, () => void this.#discover())
  }

  #follow(served: readonly ServedKind[]): void {
    const now = new Map(served.map(({ id, path }) => [id, path]))
    for (const [id, kind] of this.#followed) {
      if (now.get(id) === kind.path) continue
      kind.close()
      this.#followed.delete(id)
    }
    for (const { id, path } of served) {
      if (!this.#followed.has(id))
        this.#followed.set(
          id,
          this.#kind(id, path, () => true),
        )
    }
  }

  #kind(id: KindId, path: string, wanted: (key: string) => boolean, successorOf?: FollowedKind): FollowedKind {
    return new FollowedKind({ api: this.#options.api, id, path, wanted, onChange: () => this.#publish.trigger(), successorOf })
  }

  #publishNow(): void {
    if (this.#closed) return
    const kinds = [...this.#followed.values(), ...this.#named.values()]
    this.#followReferences()
    if (!this.#isSynced) {
      // Half a cluster would be a mesh without endpoints.
      if (!this.#discovered || ![...this.#followed.values(), ...this.#named.values()].every(kind => kind.isSettled)) return
      this.#isSynced = true
    }
    const objects = kinds.flatMap(kind => kind.objects())
    const diagnostics = [...this.#problems, ...kinds.flatMap(kind => kind.diagnostics())]
    this.#to.publish(objects, diagnostics)
    this.#options.onChange?.()
    this.#synced.resolve()
  }

  /** Secrets and ConfigMaps, by the namespaces in which something is named. */
  #followReferences(): void {
    const { rootNamespace, configMaps } = this.#options
    const always = configMaps.map(name => referenceKey('ConfigMap', rootNamespace, name))
    const wanted = referencesOf(id => this.#objectsOf(id), always)
    const places = new Map<string, Set<string>>()
    for (const reference of wanted) {
      const place = reference.slice(0, reference.indexOf('/'))
      places.set(place, (places.get(place) ?? new Set()).add(reference))
    }
    const before = new Map(this.#named)
    for (const [place, kind] of this.#named) {
      const names = places.get(place)
      // A name that is new here was passed over when the list was read.
      if (names && [...names].every(name => this.#wanted.has(name))) continue
      kind.close()
      this.#named.delete(place)
    }
    this.#wanted = wanted
    for (const place of places.keys()) {
      if (this.#named.has(place)) continue
      const [id = '', namespace = ''] = place.split(' ')
      if (id !== 'Secret' && id !== 'ConfigMap') continue
      const wantedHere = (key: string) => this.#isWanted(id, key)
      this.#named.set(place, this.#kind(id, namedPath(id, namespace), wantedHere, before.get(place)))
    }
  }

  #objectsOf<Id extends KindId>(id: Id): readonly ObjectOf<Id>[] {
    // A kind is followed under its id, and its objects were read as that.
    return (this.#followed.get(id)?.objects() ?? []) as readonly ObjectOf<Id>[]
  }

  #isWanted(kind: ReferencedKind, key: string): boolean {
    return this.#wanted.has(`${kind} ${key}`)
  }
}

function namedPath(kind: ReferencedKind, namespace: string): string {
  return `/api/v1/namespaces/${namespace}/${kind === 'Secret' ? 'secrets' : 'configmaps'}`
}

function foreignVersion(id: KindId, versions: readonly string[]): Diagnostic {
  const message = `the CustomResourceDefinition of ${id} serves ${versions.join(', ')}, which this version of mizzen does not know`
  return { ...aboutFile('cluster', 'error', 'unknown-version', message), effect: `objects of kind ${id} are left out` }
}

function apiProblem(error: unknown): Diagnostic {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof ApiError && error.status === 403 ? 'forbidden' : 'api-server'
  return { ...aboutFile('cluster', 'error', code, message), effect: 'what was read before keeps serving' }
}

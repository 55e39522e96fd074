/**
 * The control plane's inner circle: the store's objects compiled into a mesh, and from it what each proxy is to have. The ADS server asks
 * it; files, the laptop's kubelet and later the cluster feed the store.
 */
import type { ObjectStatus } from '../compile/gateway-api/conditions.ts'
import { type Compiled, type CompileOptions, compile } from '../compile/mesh.ts'
import type { RolloutShares } from '../compile/mizzen/weighted-destination-rule.ts'
import type { Objects } from '../compile/objects.ts'
import type { Mesh } from '../model/mesh.ts'
import type { Diagnostic } from '../source/diagnostic.ts'
import type { Store } from '../source/store.ts'
import type { Node } from '../xds/gen/envoy/config/core/v3/base.ts'
import { proxyOf } from '../xds/resources/node.ts'
import { namesFor, type ProxyResources, ResourceCache, resourcesFor } from '../xds/resources/proxy.ts'
import type { Change, ResourceSource } from '../xds/server/source.ts'

/** Longer than the ADS server gathers changes: looking for mistakes in a large mesh takes tens of milliseconds, for which no proxy waits. */
const DIAGNOSE_AFTER_MS = 25

export class ControlPlane implements ResourceSource {
  readonly #store: Store
  #options: CompileOptions
  readonly #cache = new ResourceCache()
  readonly #listeners = new Set<(change: Change) => void>()
  readonly #compileListeners = new Set<(tookMs: number) => void>()
  readonly #diagnosticListeners = new Set<(all: readonly Diagnostic[]) => void>()
  readonly #unsubscribe: () => void
  #compiled: Compiled
  #revision: number | undefined
  #failure: Diagnostic | undefined
  #telling: NodeJS.Timeout | undefined

  constructor(store: Store, options: CompileOptions = {}) {
    this.#store = store
    this.#options = options
    const { objects, revision } = store.snapshot()
    this.#compiled = compile(objects, options)
    this.#revision = revision
    this.#unsubscribe = store.subscribe(() => this.#changed())
  }

  /** The mesh as of the newest objects. */
  get mesh(): Mesh {
    this.#update()
    return this.#compiled.mesh
  }

  /** What is wrong between objects, as of the newest; what is wrong within one the store knows. */
  get diagnostics(): readonly Diagnostic[] {
    this.#update()
    return this.#failure ? [this.#failure, ...this.#compiled.diagnostics] : this.#compiled.diagnostics
  }

  /** What other objects would become. Nothing changes by it. */
  preview(objects: Objects): Compiled {
    return compile(objects, this.#options, this.#compiled)
  }

  /** Of Gateway API objects, as of the newest. */
  get statuses(): readonly ObjectStatus[] {
    this.#update()
    return this.#compiled.statuses
  }

  /** Roll-outs have moved: what this says holds from now on. */
  setShares(shares: RolloutShares): void {
    this.#options = { ...this.#options, shares }
    this.#revision = undefined
    this.#changed()
  }

  /** Issuers have said where their keys are. */
  setKeyLocations(keyLocations: ReadonlyMap<string, string>): void {
    this.#options = { ...this.#options, keyLocations }
    this.#revision = undefined
    this.#changed()
  }

  resolve(node: Node): ProxyResources | undefined {
    const proxy = proxyOf(this.mesh, node)
    return proxy && resourcesFor(this.#compiled.mesh, proxy, this.#cache)
  }

  /** The names that an agent asks for which answers its pod's DNS questions, and nothing else. */
  readonly names: ResourceSource = {
    resolve: node => {
      const proxy = proxyOf(this.mesh, node)
      return proxy && namesFor(this.#compiled.mesh, proxy, this.#cache)
    },
    subscribe: listener => this.subscribe(listener),
  }

  /** A proxy that is gone for good. @param id `Node.id` */
  forget(id: string): void {
    this.#cache.forget(id)
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Hears of the diagnostics after changes, changed or not, when the proxies have been told first. @returns ends the subscription */
  subscribeDiagnostics(listener: (all: readonly Diagnostic[]) => void): () => void {
    this.#diagnosticListeners.add(listener)
    return () => this.#diagnosticListeners.delete(listener)
  }

  /** Hears how long it took whenever the mesh was made anew. */
  subscribeCompiles(listener: (tookMs: number) => void): void {
    this.#compileListeners.add(listener)
  }

  close(): void {
    clearTimeout(this.#telling)
    this.#unsubscribe()
  }

  /** Several changes in one turn of the event loop are compiled once. */
  #changed(): void {
    setImmediate(() => this.#update())
    for (const listener of this.#listeners) listener('all')
  }

  #update(): void {
    const { objects, revision } = this.#store.snapshot()
    if (revision === this.#revision) return
    this.#revision = revision
    const begun = performance.now()
    try {
      this.#compiled = compile(objects, this.#options, this.#compiled)
      this.#failure = undefined
      for (const listener of this.#compileListeners) listener(performance.now() - begun)
    } catch (error) {
      // A defect of ours, not of the input: whatever it is, the mesh of before keeps serving.
      this.#failure = compileFailed(error)
    }
    if (this.#diagnosticListeners.size === 0) return
    this.#telling ??= setTimeout(() => this.#tellDiagnostics(), DIAGNOSE_AFTER_MS)
  }

  #tellDiagnostics(): void {
    this.#telling = undefined
    for (const listener of this.#diagnosticListeners) listener(this.diagnostics)
  }
}

function compileFailed(error: unknown): Diagnostic {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    code: 'compile-failed',
    level: 'error',
    message: `Cannot compile the configuration, which is a defect of mizzen; what was there before keeps serving: ${reason}`,
    resource: '',
    file: '',
    line: 0,
    column: 0,
    fix: 'report it with the files that cause it',
    excerpt: undefined,
    effect: undefined,
  }
}

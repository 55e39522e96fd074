/**
 * Writes statuses back: of Gateway API objects what the compiler says, of Istio's and mizzen's own the diagnostics. Only what differs from what stands
 * there, a few at a time, and one object not again at once: two controllers that disagree must not keep the API server busy.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Kind } from '../../../api/kind.ts'
import { kindIds } from '../../../api/kind-name.ts'
import type { ObjectHead } from '../../../api/object.ts'
import { resourceName } from '../../../api/object.ts'
import { type AnyObject, type KindId, kinds } from '../../../api/registry.ts'
import { ApiError, isApiError } from '../../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../../kubernetes/client/api-server.ts'
import { mergeObject } from '../../../kubernetes/client/apply.ts'
import { at } from '../../../kubernetes/client/raw-object.ts'
import type { Clock } from '../../../lib/clock.ts'
import { Debounce } from '../../../lib/debounce.ts'
import type { Diagnostic } from '../../../source/diagnostic.ts'
import type { KubernetesSource } from '../../../source/kubernetes/kubernetes-source.ts'
import type { Entry } from '../../../source/kubernetes/reading.ts'
import type { Store } from '../../../source/store.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { isOutdated, nextStatus, withoutOurs } from './gateway-status.ts'
import { ownStatus } from './own-status.ts'

export interface StatusWriterOptions {
  readonly api: ApiServer
  readonly clock: Clock
  readonly source: KubernetesSource
  readonly store: Store
  readonly controlPlane: ControlPlane
  readonly warn: (line: string) => void
}

/** Status is for people and controllers: it follows a change in tenths of seconds, and bursts are gathered. */
const QUIET_MS = 50
const AT_ONCE = 8
const RETRY_MS = 5000
/** One object is written so often at most, milliseconds. */
const REWRITE_MS = 1000

interface Write {
  readonly id: KindId
  readonly object: Pick<ObjectHead, 'namespace' | 'name'>
  readonly entry: Entry
  readonly status: Readonly<Record<string, unknown>>
}

const WITH_PARENTS: readonly KindId[] = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute']
const ISTIO = kindIds.filter(id => kinds[id].group.endsWith('.istio.io'))
const OWN = kindIds.filter(id => kinds[id].group === 'mizzen.dev')

export class StatusWriter {
  readonly #options: StatusWriterOptions
  readonly #run: Debounce
  readonly #writtenAt = new Map<string, number>()
  readonly #warned = new Set<string>()
  #cancel: () => void = () => {}
  #closed = false

  constructor(options: StatusWriterOptions) {
    this.#options = options
    this.#run = new Debounce({ clock: options.clock, quietMs: QUIET_MS, run: done => void this.#write().finally(done) })
    this.#run.trigger()
  }

  update(): void {
    if (!this.#closed) this.#run.trigger()
  }

  close(): void {
    this.#closed = true
    this.#run.cancel()
    this.#cancel()
  }

  async #write(): Promise<void> {
    const waiting = [...this.#ofGatewayApi(), ...this.#ofOthers()].values()
    const work = async () => {
      for (const write of waiting) if (!this.#closed) await this.#writeOne(write)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }

  *#ofGatewayApi(): Generator<Write> {
    const { source, controlPlane, store, clock } = this.#options
    const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
    const said = new Set<string>()
    const controller = controlPlane.mesh.settings.gatewayController
    for (const wanted of controlPlane.statuses) {
      if (wanted.unserved) continue
      const { object } = wanted
      const id = kindIdOf(object)
      const entry = id && source.entry(id, keyOf(object))
      if (!id || !entry) continue
      said.add(`${id} ${keyOf(object)}`)
      const moment = { generation: object.generation ?? entry.generation, now, controller }
      // It has changed since: the next compilation speaks of that.
      if (moment.generation < entry.generation || isOutdated(entry.status, moment)) continue
      yield* difference(id, object, entry, nextStatus(wanted, entry.status, moment))
    }
    for (const id of [...WITH_PARENTS, 'BackendTLSPolicy'] as const) {
      for (const object of store.snapshot().objects[id]) {
        if (said.has(`${id} ${keyOf(object)}`)) continue
        const entry = source.entry(id, keyOf(object))
        const status = entry && withoutOurs(id === 'BackendTLSPolicy' ? 'ancestors' : 'parents', entry.status, controller)
        if (status) yield { id, object, entry, status }
      }
    }
  }

  /** Istio's objects only where there is something to say, or was: thousands of them are in order. */
  *#ofOthers(): Generator<Write> {
    const { source, store, controlPlane, clock } = this.#options
    const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
    const found = Map.groupBy([...store.diagnostics(), ...controlPlane.diagnostics], each => each.resource)
    for (const id of [...ISTIO, ...OWN]) {
      const own = kinds[id].group === 'mizzen.dev'
      const objects: readonly AnyObject[] = store.snapshot().objects[id]
      for (const object of objects) {
        const entry = source.entry(id, keyOf(object))
        if (!entry || (object.generation ?? 0) < entry.generation) continue
        const diagnostics: readonly Diagnostic[] = found.get(resourceName(object)) ?? []
        if (!own && diagnostics.length === 0 && entry.status === undefined) continue
        const moment = { generation: entry.generation, now }
        yield* difference(id, object, entry, ownStatus(own ? 'Accepted' : 'Reconciled', diagnostics, entry.status, moment))
      }
    }
  }

  async #writeOne({ id, object, entry, status }: Write): Promise<void> {
    const { api, clock, source, warn } = this.#options
    const list = source.pathOf(id)
    if (list === undefined) return
    const key = `${id} ${keyOf(object)}`
    const wait = (this.#writtenAt.get(key) ?? Number.NEGATIVE_INFINITY) + REWRITE_MS - clock.now()
    if (wait > 0) return this.#again(wait)
    this.#writtenAt.set(key, clock.now())
    const path = `${objectPath(list, object)}/status`
    try {
      await mergeObject(api, path, { metadata: { resourceVersion: entry.resourceVersion }, status })
    } catch (error) {
      // 409: it has changed, which the watch tells; 404: it is gone.
      if (isApiError(error, 404)) return
      this.#again(isApiError(error, 409) ? REWRITE_MS : RETRY_MS)
      if (isApiError(error, 409) || !(error instanceof ApiError) || this.#warned.has(error.message)) return
      this.#warned.add(error.message)
      warn(`The status of ${resourceName({ kind: kinds[id].kind, ...object })} was not written: ${error.message}`)
    }
  }

  #again(ms: number): void {
    this.#cancel()
    this.#cancel = this.#options.clock.after(ms, () => this.update())
  }
}

function* difference(id: KindId, object: Write['object'], entry: Entry, status: Write['status']): Generator<Write> {
  const differs = Object.entries(status).some(([field, value]) => !isDeepStrictEqual(at(entry.status, field), plain(value)))
  if (differs) yield { id, object, entry, status }
}

/** As it will come back from the server: without what is undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function kindIdOf({ group, kind }: Pick<ObjectHead, 'group' | 'kind'>): KindId | undefined {
  return kindIds.find(id => {
    const known: Kind = kinds[id]
    return known.group === group && known.kind === kind
  })
}

function keyOf({ namespace, name }: Pick<ObjectHead, 'namespace' | 'name'>): string {
  return namespace === '' ? name : `${namespace}/${name}`
}

/** @param list "/apis/gateway.networking.k8s.io/v1/httproutes" */
export function objectPath(list: string, { namespace, name }: Pick<ObjectHead, 'namespace' | 'name'>): string {
  const slash = list.lastIndexOf('/')
  return namespace === '' ? `${list}/${name}` : `${list.slice(0, slash)}/namespaces/${namespace}${list.slice(slash)}/${name}`
}

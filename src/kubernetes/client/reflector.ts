/**
 * Follows one list of objects: reads it in pages, watches what changes, goes on where it was after a disconnection, and reads it again when the
 * server has forgotten that place (410 Gone). Never gives up; what is in its way is told.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Backoff } from '../../lib/backoff.ts'
import { ApiError } from './api-error.ts'
import type { ApiServer } from './api-server.ts'
import { isRecord, listAt, type RawObject, textAt } from './raw-object.ts'
import { watchEvents } from './watch-events.ts'

export interface ReflectorSink<T> {
  /** Keeps of an object what is needed: a long list is never held whole. @returns undefined: nothing */
  read(object: RawObject): T | undefined
  /** The whole list. */
  replace(all: readonly T[]): void
  changed(one: T): void
  removed(object: RawObject): void
  /** It cannot be followed at the moment; undefined: it can again. */
  trouble(error: ApiError | undefined): void
}

export interface ReflectorOptions<T> {
  readonly api: ApiServer
  /** "/apis/networking.istio.io/v1/virtualservices" */
  readonly path: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** @default application/json: whole objects */
  readonly accept?: string
  readonly sink: ReflectorSink<T>
  /** @default Math.random */
  readonly random?: () => number
}

/** Objects a page: of pods some 4 MB of JSON. */
const PAGE = 500
/** The server ends a watch after so long, so that watches spread over its replicas. */
const WATCH_SECONDS = 300
/** It sends a bookmark each minute; who hears nothing for longer has lost it. */
const SILENCE_MS = 150_000
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 30_000

export class Reflector<T> {
  readonly #options: ReflectorOptions<T>
  readonly #end = new AbortController()
  readonly #backoff: Backoff
  /** Where the watch goes on; undefined: the list has to be read. */
  #version: string | undefined

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
    const random = options.random ?? Math.random
    this.#backoff = new Backoff({ initialMs: FIRST_WAIT_MS, maxMs: LONGEST_WAIT_MS, jitter: 0.5, random })
    void this.#follow()
  }

  /** Up to which version of the cluster all was told; undefined: the list is to be read. */
  get version(): string | undefined {
    return this.#version
  }

  /** Nothing is told after this. */
  close(): void {
    this.#end.abort()
  }

  async #follow(): Promise<void> {
    const { signal } = this.#end
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#list()
        await this.#watch()
      } catch (error) {
        if (signal.aborted) return
        const problem = asApiError(error, this.#options.path)
        // An old place is no trouble: the list is there to be read again.
        if (problem.isExpired) this.#version = undefined
        else this.#options.sink.trouble(problem)
      }
      await wait(this.#backoff.next(), undefined, { signal }).catch(() => {})
    }
  }

  async #list(): Promise<string> {
    const { api, sink } = this.#options
    const all: T[] = []
    let page = await api.json(this.#request({ limit: PAGE }))
    for (;;) {
      const [kind, apiVersion] = [textAt(page, 'kind').replace(/List$/, ''), textAt(page, 'apiVersion')]
      for (const item of listAt(page, 'items')) {
        // Items of a list do not say what they are.
        const read = isRecord(item) ? sink.read({ kind, apiVersion, ...item }) : undefined
        if (read !== undefined) all.push(read)
      }
      const rest = textAt(page, 'metadata', 'continue')
      if (rest === '') break
      page = await api.json(this.#request({ limit: PAGE, continue: rest }))
    }
    if (this.#end.signal.aborted) return ''
    sink.replace(all)
    sink.trouble(undefined)
    return textAt(page, 'metadata', 'resourceVersion')
  }

  /** Until the server or the network ends it. */
  async #watch(): Promise<void> {
    const { api, path, sink } = this.#options
    const query = { watch: true, allowWatchBookmarks: true, resourceVersion: this.#version, timeoutSeconds: WATCH_SECONDS }
    const body = await api.stream({ ...this.#request(query), idleMs: SILENCE_MS })
    sink.trouble(undefined)
    try {
      for await (const { type, object } of watchEvents(body, path)) {
        if (this.#end.signal.aborted) return
        this.#backoff.reset()
        const version = textAt(object, 'metadata', 'resourceVersion')
        if (version !== '') this.#version = version
        if (type === 'BOOKMARK') continue
        const read = type === 'DELETED' ? undefined : sink.read(object)
        if (read === undefined) sink.removed(object)
        else sink.changed(read)
      }
    } catch (error) {
      // A broken connection is the usual end of a watch; the next one goes on where it was.
      if (error instanceof ApiError) throw error
    } finally {
      body.destroy()
    }
  }

  #request(query: Readonly<Record<string, string | number | boolean | undefined>>) {
    const { path, accept, labelSelector, fieldSelector } = this.#options
    return { path, query: { ...query, labelSelector, fieldSelector }, signal: this.#end.signal, ...(accept && { accept }) }
  }
}

function asApiError(error: unknown, path: string): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(`follow ${path}`, 0, '', error instanceof Error ? error.message : String(error))
}

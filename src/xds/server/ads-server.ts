/**
 * All proxies that are connected, and the way of a change from the source to those it concerns. Knows nothing of gRPC.
 */
import { type Clock, systemClock } from '../../lib/clock.ts'
import { Debounce } from '../../lib/debounce.ts'
import type { Node } from '../gen/envoy/config/core/v3/base.ts'
import { Counters } from './counters.ts'
import type { Dialect } from './dialect.ts'
import { LargeResponses } from './large-responses.ts'
import type { ProxyStatus } from './proxy-status.ts'
import type { ServerEvent } from './server-event.ts'
import { Session } from './session.ts'
import type { Change, ResourceSource } from './source.ts'

export interface AdsServerOptions {
  readonly source: ResourceSource
  /** @default systemClock */
  readonly clock?: Clock
  /** Changes are pushed when none came for so long, milliseconds; longer when pushing takes longer. @default 10 */
  readonly quietMs?: number
  /** No change waits longer, milliseconds. @default 1000 */
  readonly maxWaitMs?: number
  /** A proxy that does not acknowledge holds up its own other types for so long, milliseconds. @default 5000 */
  readonly patienceMs?: number
  readonly onEvent?: (event: ServerEvent) => void
}

export interface StreamEnd {
  readonly dialect: Dialect
  readonly address: string
  send(bytes: Buffer): void
}

/** Pushing yields to the event loop after so long, milliseconds: acknowledgements and new streams are not to wait for a thousand others. */
const SLICE_MS = 10

export class AdsServer {
  readonly #source: ResourceSource
  readonly #clock: Clock
  readonly #patienceMs: number
  /** What was exchanged since the start. */
  readonly counters = new Counters()
  readonly #onEvent: (event: ServerEvent) => void
  readonly #debounce: Debounce
  readonly #unsubscribe: () => void
  readonly #sessions = new Map<string, Session>()
  readonly #large: LargeResponses
  #concerned: Set<string> | 'all' = new Set()
  #streams = 0
  #configurations = 0
  #configuration = ''

  constructor(options: AdsServerOptions) {
    this.#source = options.source
    this.#clock = options.clock ?? systemClock
    this.#patienceMs = options.patienceMs ?? 5000
    this.#large = new LargeResponses(this.#patienceMs)
    this.#onEvent = event => {
      this.counters.count(event)
      options.onEvent?.(event)
    }
    this.#debounce = new Debounce({
      clock: this.#clock,
      quietMs: options.quietMs ?? 10,
      maxMs: options.maxWaitMs ?? 1000,
      run: done => this.#push(done),
    })
    this.#nameConfiguration()
    this.#unsubscribe = this.#source.subscribe(change => this.#changed(change))
  }

  /** A stream begins; give its requests to the session, and end it with `disconnect`. */
  connect(end: StreamEnd): Session {
    const id = (++this.#streams).toString(36)
    const server = this
    const session: Session = new Session(
      {
        clock: this.#clock,
        patienceMs: this.#patienceMs,
        get configuration() {
          return server.#configuration
        },
        large: this.#large,
        resolve: (node: Node) => this.#source.resolve(node),
        emit: this.#onEvent,
      },
      { ...end, id },
    )
    this.#sessions.set(id, session)
    return session
  }

  disconnect(session: Session): void {
    if (!this.#sessions.delete(session.id)) return
    session.end()
    this.#onEvent({ kind: 'disconnected', node: session.node?.id ?? '', stream: session.id })
  }

  /** One entry for each stream, in the order in which they connected. */
  status(): ProxyStatus[] {
    return [...this.#sessions.values()].map(session => session.status())
  }

  /** Whether a change waits to be pushed: until then `status()` speaks of the state before it. */
  get pushing(): boolean {
    return this.#debounce.busy
  }

  /** No more pushes. */
  close(): void {
    this.#unsubscribe()
    this.#debounce.cancel()
    for (const session of [...this.#sessions.values()]) this.disconnect(session)
  }

  #changed(change: Change): void {
    if (change === 'all' || this.#concerned === 'all') this.#concerned = 'all'
    else for (const node of change) this.#concerned.add(node)
    this.#debounce.trigger()
  }

  #push(done: () => void): void {
    const concerned = this.#concerned
    this.#concerned = new Set()
    this.#nameConfiguration()
    const waiting = [...this.#sessions.values()].filter(session => concerned === 'all' || concerned.has(session.node?.id ?? ''))
    this.#pushSlice(waiting.values(), done)
  }

  #pushSlice(waiting: Iterator<Session, undefined>, done: () => void): void {
    const until = this.#clock.now() + SLICE_MS
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      next.value.refresh()
      if (this.#clock.now() < until) continue
      this.#clock.after(0, () => this.#pushSlice(waiting, done))
      return
    }
    done()
  }

  #nameConfiguration(): void {
    this.#configuration = `${new Date(this.#clock.now()).toISOString()}/${++this.#configurations}`
  }
}

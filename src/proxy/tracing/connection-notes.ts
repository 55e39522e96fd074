/**
 * What applications say of the traces in which they use connections of bytes. Nothing in the bytes could tell: whoever is loaded into the application
 * (src/preload) names the connection by its port on that side, and the span of its caller (POST /trace_notes of the admin endpoint).
 */
import { parseTraceparent } from '../../lib/trace/w3c.ts'

export interface ConnectionNote {
  readonly traceId: string
  /** Span of the request in which the connection is used. */
  readonly parentSpanId: string
  readonly sampled: boolean
  /** When the application wrote, milliseconds since the epoch. */
  readonly at: number
}

/** A connection that wants to hear of them. */
export interface NotedConnection {
  noted(note: ConnectionNote): void
}

/** A note may be here before the connection is: so many wait, for so long. */
const MOST_EARLY = 256
const EARLY_MS = 2000

export class ConnectionNotes {
  /** By the port of the client. */
  readonly #connections = new Map<number, NotedConnection>()
  readonly #early = new Map<number, ConnectionNote>()

  /** @returns ends it */
  watch(port: number, connection: NotedConnection): () => void {
    this.#connections.set(port, connection)
    const early = this.#early.get(port)
    if (early !== undefined) {
      this.#early.delete(port)
      if (Date.now() - early.at < EARLY_MS) connection.noted(early)
    }
    return () => {
      if (this.#connections.get(port) === connection) this.#connections.delete(port)
    }
  }

  /** @param text "PORT TRACEPARENT MILLISECONDS"; anything else is passed over */
  put(text: string): void {
    const [port = '', traceparent, at] = text.split(' ')
    const context = parseTraceparent(traceparent)
    if (context === undefined || !/^\d{1,5}$/.test(port)) return
    const { traceId, spanId, sampled = false } = context
    const note = { traceId, parentSpanId: spanId, sampled, at: Number(at) || Date.now() }
    const connection = this.#connections.get(Number(port))
    if (connection !== undefined) connection.noted(note)
    else if (this.#early.size < MOST_EARLY) this.#early.set(Number(port), note)
    else this.#early.clear()
  }
}

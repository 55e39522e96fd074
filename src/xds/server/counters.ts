/**
 * What the server exchanged with its proxies, for monitoring.
 */
import type { ServerEvent } from './server-event.ts'

export interface TypeCounts {
  responses: number
  /** Resources sent or taken away, counted once for each proxy. */
  changes: number
  bytes: number
  acks: number
  nacks: number
}

export class Counters {
  /** By type URL. */
  readonly types = new Map<string, TypeCounts>()
  connections = 0
  disconnections = 0
  /** Failures of the source to say what a proxy is to have. */
  sourceFailures = 0

  count(event: ServerEvent): void {
    switch (event.kind) {
      case 'connected':
        this.connections++
        return
      case 'disconnected':
        this.disconnections++
        return
      case 'source-failed':
        this.sourceFailures++
        return
      case 'acked':
        this.#of(event.type).acks++
        return
      case 'nacked':
        this.#of(event.type).nacks++
        return
      case 'sent': {
        const counts = this.#of(event.type)
        counts.responses++
        counts.changes += event.changes
        counts.bytes += event.bytes
      }
    }
  }

  #of(type: string): TypeCounts {
    const found = this.types.get(type)
    if (found) return found
    const made = { responses: 0, changes: 0, bytes: 0, acks: 0, nacks: 0 }
    this.types.set(type, made)
    return made
  }
}

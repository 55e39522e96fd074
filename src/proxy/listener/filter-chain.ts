/**
 * A filter chain in use: TLS termination if any, the filter it ends in, and its open connections.
 */
import type { OpenConnection, TerminalFilter } from './connection.ts'
import { Drain } from './drain.ts'
import type { TlsTermination } from './tls-termination.ts'

export class FilterChain {
  /** As configured; empty when it has none. */
  readonly name: string
  /** Two chains with one key are the same: it stays over an update of its listener, with its connections. */
  readonly key: string
  readonly tls: TlsTermination | undefined
  readonly filter: TerminalFilter
  readonly drain: Drain
  readonly open = new Set<OpenConnection>()

  /** @param drain of the whole process */
  constructor(name: string, key: string, tls: TlsTermination | undefined, filter: TerminalFilter, drain: Drain) {
    this.name = name
    this.key = key
    this.tls = tls
    this.filter = filter
    this.drain = new Drain(drain)
  }

  destroy(): void {
    for (const connection of this.open) connection.destroy()
  }
}

/**
 * A connection of a pool, from its first packet to its end: what the pool must know of it besides what the codec does.
 */
import type { ClientConnection, ClientConnectionOwner } from '../http/stream.ts'
import type { ConnectAttempt } from '../net/connect.ts'

/** The pool, as its connections see it. */
export interface ConnectionOwner {
  onConnected(pooled: PooledConnection): void
  onConnectFailed(pooled: PooledConnection, error: Error | undefined, timedOut: boolean): void
  onCapacity(pooled: PooledConnection): void
  onDraining(pooled: PooledConnection): void
  onClosed(pooled: PooledConnection): void
}

export class PooledConnection implements ClientConnectionOwner {
  connection: ClientConnection | undefined
  /** Until the first request can be opened on it. */
  connecting = true
  /** Among those that can take a request now. */
  ready = false
  /** Takes no more requests: the peer's wish, or ours. */
  draining = false
  /** We wanted it to end. */
  closedByUs = false
  /** Requests opened on it. */
  served = 0
  /** Clock time at which its last stream ended, or at which it was connected. */
  idleSince = 0
  /** Ends the attempt while it is one, and the timer that limits its life. */
  attempt: ConnectAttempt | undefined
  cancelTimer: (() => void) | undefined
  readonly #owner: ConnectionOwner

  constructor(owner: ConnectionOwner) {
    this.#owner = owner
  }

  get active(): number {
    return this.connection?.active ?? 0
  }

  get capacity(): number {
    return this.connection?.capacity ?? 0
  }

  /** No new requests; it ends when idle. */
  drain(): void {
    this.draining = true
    this.closedByUs = true
    this.connection?.drain()
  }

  destroy(): void {
    this.draining = true
    this.closedByUs = true
    this.connection?.destroy()
  }

  // ---- from the connector

  /** @param connection speaks to this object as its owner, and may have no capacity yet */
  established(connection: ClientConnection): void {
    this.attempt = undefined
    this.connection = connection
    if (connection.capacity > 0) this.#owner.onConnected(this)
  }

  failed(error: Error | undefined, timedOut: boolean): void {
    this.attempt = undefined
    this.#owner.onConnectFailed(this, error, timedOut)
  }

  // ---- from the codec

  onCapacity(): void {
    if (this.connecting) this.#owner.onConnected(this)
    else this.#owner.onCapacity(this)
  }

  onDraining(): void {
    this.draining = true
    this.#owner.onDraining(this)
  }

  onClosed(): void {
    if (this.connecting) this.#owner.onConnectFailed(this, new Error('the connection ended before it could be used'), false)
    else this.#owner.onClosed(this)
  }
}

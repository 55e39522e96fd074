/**
 * Connections to one host in one protocol, and the requests that wait for one. The same for HTTP/1.1 and HTTP/2: they differ in how many
 * streams a connection takes.
 *
 * The connection that was used last is used first: with HTTP/1.1 the others may grow idle and close, with HTTP/2 as few as possible carry
 * everything, which is what writes are shared by.
 *
 * Hot path: taking a ready connection and opening a stream on it makes no promise and no closure.
 */
import type { Clock } from '../../lib/clock.ts'
import type { CircuitBreaker } from '../cluster/circuit-breaker.ts'
import type { ClusterStats } from '../cluster/cluster-stats.ts'
import type { RequestHead, ResetReason, ResponseHandler } from '../http/stream.ts'
import type { ConnectAttempt } from '../net/connect.ts'
import { describeConnectError } from './connect-error.ts'
import { type CountedHost, PoolBooks } from './pool-books.ts'
import { type ConnectionOwner, PooledConnection } from './pooled-connection.ts'
import { type RequestOwner, UpstreamRequest } from './upstream-request.ts'

export interface PoolOptions {
  readonly host: CountedHost
  readonly stats: ClusterStats
  readonly breaker: CircuitBreaker
  readonly clock: Clock
  /** Whether one connection takes many streams. 'unknown' until the first one is there (ALPN). */
  readonly multiplexed: boolean | 'unknown'
  /** Milliseconds; 0: none. */
  readonly connectTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly maxConnectionMs: number
  /** 0: no limit. */
  readonly maxRequestsPerConnection: number
  /** Starts to connect; tells `pooled` what became of it, not before it returns. */
  readonly connect: (pooled: PooledConnection) => ConnectAttempt
}

export class HttpPool implements RequestOwner, ConnectionOwner {
  readonly #options: PoolOptions
  readonly #books: PoolBooks
  readonly #connections = new Set<PooledConnection>()
  /** Those with capacity; the one to use next is at the end. */
  readonly #ready: PooledConnection[] = []
  readonly #waiting = new Set<UpstreamRequest>()
  #connecting = 0
  #multiplexed: boolean | 'unknown'
  #draining = false
  #cancelSweep: (() => void) | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.#books = new PoolBooks(options.host, options.stats, options.breaker)
    this.#multiplexed = options.multiplexed
  }

  /** Connections, those under way included. */
  get size(): number {
    return this.#connections.size
  }

  /** Over a limit, the request is told so a moment later. */
  open(head: RequestHead, last: boolean, handler: ResponseHandler): UpstreamRequest {
    const request = new UpstreamRequest(this, head, last, handler)
    this.#books.requestArrived()
    const pooled = this.#takeReady()
    if (pooled !== undefined) this.#attach(pooled, request, true)
    else this.#enqueue(request)
    return request
  }

  /** Connections end as they become idle; what waits is still served. A request that comes yet gets a connection of its own. */
  drain(): void {
    this.#draining = true
    this.#stopSweep()
    for (const pooled of this.#connections) {
      if (!pooled.connecting) this.#retire(pooled)
      else if (this.#waiting.size === 0) this.#abandon(pooled)
    }
  }

  /** Ends everything at once. */
  destroy(): void {
    this.#draining = true
    this.#stopSweep()
    this.#failWaiting('local-reset', '')
    for (const pooled of [...this.#connections]) {
      if (pooled.connecting) this.#abandon(pooled)
      else pooled.destroy()
    }
  }

  // ---- from requests

  onWithdrawn(request: UpstreamRequest): void {
    this.#leaveQueue(request)
    this.#books.requestCancelled()
  }

  onFinished(request: UpstreamRequest, reason: ResetReason | undefined, remote: boolean): void {
    this.#books.requestFinished(request.pooled, reason, remote)
  }

  // ---- from connections

  onConnected(pooled: PooledConnection): void {
    const { stats, clock, maxConnectionMs } = this.#options
    const { connection } = pooled
    if (connection === undefined) return
    pooled.connecting = false
    this.#connecting--
    pooled.cancelTimer?.()
    pooled.cancelTimer = undefined
    const http2 = connection.protocol === 'HTTP/2'
    this.#multiplexed = http2
    this.#books.connectionMade(http2, clock.now() - pooled.idleSince)
    if (maxConnectionMs > 0) {
      pooled.cancelTimer = clock.after(maxConnectionMs, () => {
        stats.upstream_cx_max_duration_reached++
        this.#retire(pooled)
      })
    }
    this.onCapacity(pooled)
    // Only now it may be known that one connection does not do for all that wait.
    this.#connectIfNeeded()
  }

  onConnectFailed(pooled: PooledConnection, error: Error | undefined, timedOut: boolean): void {
    if (!pooled.connecting) return
    this.#books.connectionFailed(timedOut)
    this.#remove(pooled)
    // As Envoy: all that wait are told, and whoever sent them decides what to do; else a host that is down would hold them for long.
    this.#failWaiting(timedOut ? 'connect-timeout' : 'connect-failure', describeConnectError(error, timedOut))
  }

  onCapacity(pooled: PooledConnection): void {
    for (const request of this.#waiting) {
      if (pooled.capacity === 0) return
      this.#leaveQueue(request)
      this.#attach(pooled, request, false)
    }
    if (this.#draining) {
      this.#retire(pooled)
      return
    }
    if (pooled.active === 0) this.#idle(pooled)
    if (pooled.ready || pooled.draining || pooled.capacity === 0) return
    pooled.ready = true
    this.#ready.push(pooled)
  }

  onDraining(pooled: PooledConnection): void {
    this.#notReady(pooled)
    this.#connectIfNeeded()
  }

  onClosed(pooled: PooledConnection): void {
    this.#remove(pooled)
    this.#connectIfNeeded()
  }

  // ---- within

  #takeReady(): PooledConnection | undefined {
    const ready = this.#ready
    for (let i = ready.length - 1; i >= 0; i--) {
      const pooled = ready[i]
      if (pooled !== undefined && pooled.capacity > 0) return pooled
      // Its end, or its peer's lower limit, is known to the codec already and will be to us soon.
      if (pooled !== undefined) pooled.ready = false
      ready.pop()
    }
    return undefined
  }

  #attach(pooled: PooledConnection, request: UpstreamRequest, fromReady: boolean): void {
    const { connection } = pooled
    if (connection === undefined || !this.#books.breaker.roomForRequest) {
      this.#refuse(request)
      return
    }
    this.#books.requestStarted()
    pooled.served++
    request.attach(pooled, connection)
    if (pooled.served === this.#options.maxRequestsPerConnection) {
      this.#books.stats.upstream_cx_max_requests++
      this.#retire(pooled)
    } else if (fromReady && connection.capacity === 0 && this.#ready.at(-1) === pooled) {
      pooled.ready = false
      this.#ready.pop()
    }
  }

  #enqueue(request: UpstreamRequest): void {
    if (!this.#books.breaker.roomForPending) {
      this.#refuse(request)
      return
    }
    this.#books.requestWaits()
    this.#waiting.add(request)
    this.#connectIfNeeded()
  }

  #refuse(request: UpstreamRequest): void {
    this.#books.requestRefused()
    request.failSoon('overflow')
  }

  #leaveQueue(request: UpstreamRequest): void {
    if (this.#waiting.delete(request)) this.#books.requestWaitsNoMore()
  }

  #failWaiting(reason: ResetReason, connectError: string): void {
    const requests = [...this.#waiting]
    for (const request of requests) {
      this.#leaveQueue(request)
      this.#books.requestEjected()
    }
    // When the books are in order: what hears of it may open the next request at once.
    for (const request of requests) request.fail(reason, connectError)
  }

  #connectIfNeeded(): void {
    const { stats, breaker } = this.#books
    while (this.#waiting.size > this.#expected()) {
      if (!breaker.roomForConnection) {
        stats.upstream_cx_overflow++
        // One is always allowed: connections to other hosts must not keep this one from ever being served.
        if (this.#connections.size > 0) return
      }
      this.#connect()
    }
  }

  /** How many requests the connections under way will take. */
  #expected(): number {
    if (this.#connecting === 0 || this.#multiplexed === false) return this.#connecting
    return Number.POSITIVE_INFINITY
  }

  #connect(): void {
    const { clock, connect, connectTimeoutMs } = this.#options
    const pooled = new PooledConnection(this)
    this.#connections.add(pooled)
    this.#connecting++
    this.#books.connectionStarted()
    pooled.idleSince = clock.now()
    if (connectTimeoutMs > 0) {
      pooled.cancelTimer = clock.after(connectTimeoutMs, () => {
        pooled.attempt?.cancel()
        pooled.destroy()
        this.onConnectFailed(pooled, undefined, true)
      })
    }
    pooled.attempt = connect(pooled)
  }

  /** Takes no more requests, and ends when those under way have. */
  #retire(pooled: PooledConnection): void {
    this.#notReady(pooled)
    pooled.drain()
  }

  /** Gives up an attempt that nobody waits for. */
  #abandon(pooled: PooledConnection): void {
    pooled.attempt?.cancel()
    this.#remove(pooled)
    pooled.destroy()
  }

  #notReady(pooled: PooledConnection): void {
    if (!pooled.ready) return
    pooled.ready = false
    const at = this.#ready.indexOf(pooled)
    if (at >= 0) this.#ready.splice(at, 1)
  }

  #remove(pooled: PooledConnection): void {
    if (!this.#connections.delete(pooled)) return
    this.#notReady(pooled)
    pooled.cancelTimer?.()
    if (pooled.connecting) this.#connecting--
    pooled.connecting = false
    this.#books.connectionEnded(pooled.closedByUs)
    if (this.#connections.size === 0) this.#stopSweep()
  }

  #idle(pooled: PooledConnection): void {
    const { clock, idleTimeoutMs } = this.#options
    if (idleTimeoutMs === 0) return
    pooled.idleSince = clock.now()
    if (this.#cancelSweep === undefined) this.#scheduleSweep(idleTimeoutMs)
  }

  #scheduleSweep(ms: number): void {
    this.#cancelSweep = this.#options.clock.after(ms, () => this.#sweep())
  }

  #stopSweep(): void {
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
  }

  /** One timer for all connections: a timer for each would be stopped and started with every request. */
  #sweep(): void {
    const { clock, idleTimeoutMs, stats } = this.#options
    this.#cancelSweep = undefined
    const now = clock.now()
    let next = 0
    for (const pooled of this.#connections) {
      if (pooled.connecting || pooled.active > 0) continue
      const left = pooled.idleSince + idleTimeoutMs - now
      if (left > 0) next = next === 0 ? left : Math.min(next, left)
      else if (!pooled.draining) {
        stats.upstream_cx_idle_timeout++
        this.#retire(pooled)
      }
    }
    if (next > 0) this.#scheduleSweep(next)
  }
}

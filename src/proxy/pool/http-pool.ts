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
import type { ClusterStats, HostStats } from '../cluster/cluster-stats.ts'
import type { RequestHead, ResetReason, ResponseHandler } from '../http/stream.ts'
import type { ConnectAttempt } from '../net/connect.ts'
import { type ConnectionOwner, PooledConnection } from './pooled-connection.ts'
import { type RequestOwner, UpstreamRequest } from './upstream-request.ts'

export interface PoolOptions {
  /** The host's `active` counts what is under way, waiting or not. */
  readonly host: { active: number; readonly stats: HostStats }
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
    this.#multiplexed = options.multiplexed
  }

  /** Connections, those under way included. */
  get size(): number {
    return this.#connections.size
  }

  /** Over a limit, the request is told so a moment later. */
  open(head: RequestHead, last: boolean, handler: ResponseHandler): UpstreamRequest {
    const request = new UpstreamRequest(this, head, last, handler)
    this.#options.host.active++
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
    this.#options.stats.upstream_rq_cancelled++
    this.#leaveQueue(request)
    this.#options.host.active--
  }

  onFinished(request: UpstreamRequest, reason: ResetReason | undefined, remote: boolean): void {
    const { host, stats, breaker } = this.#options
    host.active--
    host.stats.rq_active--
    breaker.requests--
    stats.upstream_rq_active--
    if (reason === undefined) return
    if (!remote) this.#countLocalReset(request)
    else if (reason === 'remote-reset' || reason === 'refused-stream') stats.upstream_rq_rx_reset++
    else if (reason === 'connection-closed') {
      stats.upstream_cx_destroy_with_active_rq++
      stats.upstream_cx_destroy_remote_with_active_rq++
    } else if (reason === 'protocol-error') stats.upstream_cx_protocol_error++
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
    if (http2) stats.upstream_cx_http2_total++
    else stats.upstream_cx_http1_total++
    stats.upstream_cx_connect_ms.record(clock.now() - pooled.idleSince)
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
    const { host, stats } = this.#options
    stats.upstream_cx_connect_fail++
    host.stats.cx_connect_fail++
    if (timedOut) stats.upstream_cx_connect_timeout++
    this.#remove(pooled)
    // As Envoy: all that wait are told, and whoever sent them decides what to do; else a host that is down would hold them for long.
    this.#failWaiting(timedOut ? 'connect-timeout' : 'connect-failure', describe(error, timedOut))
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
    const { host, stats, breaker, maxRequestsPerConnection } = this.#options
    const { connection } = pooled
    if (connection === undefined || !breaker.roomForRequest) {
      stats.upstream_rq_pending_overflow++
      host.active--
      request.failSoon('overflow')
      return
    }
    breaker.requests++
    stats.upstream_rq_total++
    stats.upstream_rq_active++
    host.stats.rq_total++
    host.stats.rq_active++
    pooled.served++
    request.attach(pooled, connection)
    if (pooled.served === maxRequestsPerConnection) {
      stats.upstream_cx_max_requests++
      this.#retire(pooled)
    } else if (fromReady && connection.capacity === 0 && this.#ready.at(-1) === pooled) {
      pooled.ready = false
      this.#ready.pop()
    }
  }

  #countLocalReset({ pooled }: UpstreamRequest): void {
    const { stats } = this.#options
    stats.upstream_rq_tx_reset++
    if (pooled?.connection?.protocol === 'HTTP/2') return
    // HTTP/1.1 knows no other way to end a request than the connection's end.
    if (pooled) pooled.closedByUs = true
    stats.upstream_cx_destroy_with_active_rq++
    stats.upstream_cx_destroy_local_with_active_rq++
  }

  #enqueue(request: UpstreamRequest): void {
    const { host, stats, breaker } = this.#options
    if (!breaker.roomForPending) {
      stats.upstream_rq_pending_overflow++
      host.active--
      request.failSoon('overflow')
      return
    }
    stats.upstream_rq_pending_total++
    stats.upstream_rq_pending_active++
    host.stats.rq_pending_active++
    breaker.pending++
    this.#waiting.add(request)
    this.#connectIfNeeded()
  }

  #leaveQueue(request: UpstreamRequest): void {
    if (!this.#waiting.delete(request)) return
    this.#options.stats.upstream_rq_pending_active--
    this.#options.host.stats.rq_pending_active--
    this.#options.breaker.pending--
  }

  #failWaiting(reason: ResetReason, connectError: string): void {
    const requests = [...this.#waiting]
    for (const request of requests) {
      this.#leaveQueue(request)
      this.#options.host.active--
      this.#options.stats.upstream_rq_pending_failure_eject++
    }
    // When the books are in order: what hears of it may open the next request at once.
    for (const request of requests) request.fail(reason, connectError)
  }

  #connectIfNeeded(): void {
    const { stats, breaker } = this.#options
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
    const { host, stats, breaker, clock, connect, connectTimeoutMs } = this.#options
    const pooled = new PooledConnection(this)
    this.#connections.add(pooled)
    this.#connecting++
    breaker.connections++
    stats.upstream_cx_total++
    stats.upstream_cx_active++
    host.stats.cx_total++
    host.stats.cx_active++
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
    const { host, stats, breaker } = this.#options
    this.#notReady(pooled)
    pooled.cancelTimer?.()
    if (pooled.connecting) this.#connecting--
    pooled.connecting = false
    breaker.connections--
    host.stats.cx_active--
    stats.upstream_cx_active--
    stats.upstream_cx_destroy++
    if (pooled.closedByUs) stats.upstream_cx_destroy_local++
    else stats.upstream_cx_destroy_remote++
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

/** In Envoy's words, which operators search for. */
function describe(error: Error | undefined, timedOut: boolean): string {
  if (timedOut) return 'connection timeout'
  if (error === undefined) return ''
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNREFUSED') return 'delayed connect error: Connection refused'
  if (code === 'ECONNRESET') return 'delayed connect error: Connection reset by peer'
  if (code === 'EHOSTUNREACH') return 'immediate connect error: No route to host'
  if (code === 'ENETUNREACH') return 'immediate connect error: Network is unreachable'
  if (code === 'ENOENT') return 'immediate connect error: No such file or directory'
  return error.message
}

/**
 * What a pool counts: in its host, its cluster's statistics and its circuit breaker, always in step. Nothing is decided here.
 */
import type { CircuitBreaker } from '../cluster/circuit-breaker.ts'
import type { ClusterStats, HostStats } from '../cluster/cluster-stats.ts'
import type { ResetReason } from '../http/stream.ts'
import type { PooledConnection } from './pooled-connection.ts'

/** The host: `active` counts what is under way, waiting or not. */
export interface CountedHost {
  active: number
  readonly stats: HostStats
}

export class PoolBooks {
  readonly breaker: CircuitBreaker
  readonly stats: ClusterStats
  readonly #host: CountedHost

  constructor(host: CountedHost, stats: ClusterStats, breaker: CircuitBreaker) {
    this.#host = host
    this.stats = stats
    this.breaker = breaker
  }

  // ---- requests: arrived, then perhaps waiting, then started and finished; or refused, cancelled, ejected

  requestArrived(): void {
    this.#host.active++
  }

  /** Over a limit. */
  requestRefused(): void {
    this.#host.active--
    this.stats.upstream_rq_pending_overflow++
  }

  requestWaits(): void {
    this.stats.upstream_rq_pending_total++
    this.stats.upstream_rq_pending_active++
    this.#host.stats.rq_pending_active++
    this.breaker.pending++
  }

  requestWaitsNoMore(): void {
    this.stats.upstream_rq_pending_active--
    this.#host.stats.rq_pending_active--
    this.breaker.pending--
  }

  /** While it waited. */
  requestCancelled(): void {
    this.#host.active--
    this.stats.upstream_rq_cancelled++
  }

  /** There was no connection to be had. */
  requestEjected(): void {
    this.#host.active--
    this.stats.upstream_rq_pending_failure_eject++
  }

  requestStarted(): void {
    this.breaker.requests++
    this.stats.upstream_rq_total++
    this.stats.upstream_rq_active++
    this.#host.stats.rq_total++
    this.#host.stats.rq_active++
  }

  /** @param reason undefined: with a response @param remote not by our side */
  requestFinished(pooled: PooledConnection | undefined, reason: ResetReason | undefined, remote: boolean): void {
    const { stats } = this
    this.#host.active--
    this.#host.stats.rq_active--
    this.breaker.requests--
    stats.upstream_rq_active--
    if (reason === undefined) return
    if (!remote) this.#resetByUs(pooled)
    else if (reason === 'remote-reset' || reason === 'refused-stream') stats.upstream_rq_rx_reset++
    else if (reason === 'connection-closed') {
      stats.upstream_cx_destroy_with_active_rq++
      stats.upstream_cx_destroy_remote_with_active_rq++
    } else if (reason === 'protocol-error') stats.upstream_cx_protocol_error++
  }

  // ---- connections

  connectionStarted(): void {
    this.breaker.connections++
    this.stats.upstream_cx_total++
    this.stats.upstream_cx_active++
    this.#host.stats.cx_total++
    this.#host.stats.cx_active++
  }

  connectionMade(http2: boolean, ms: number): void {
    if (http2) this.stats.upstream_cx_http2_total++
    else this.stats.upstream_cx_http1_total++
    this.stats.upstream_cx_connect_ms.record(ms)
  }

  connectionFailed(timedOut: boolean): void {
    this.stats.upstream_cx_connect_fail++
    this.#host.stats.cx_connect_fail++
    if (timedOut) this.stats.upstream_cx_connect_timeout++
  }

  connectionEnded(byUs: boolean): void {
    this.breaker.connections--
    this.#host.stats.cx_active--
    this.stats.upstream_cx_active--
    this.stats.upstream_cx_destroy++
    if (byUs) this.stats.upstream_cx_destroy_local++
    else this.stats.upstream_cx_destroy_remote++
  }

  #resetByUs(pooled: PooledConnection | undefined): void {
    this.stats.upstream_rq_tx_reset++
    if (pooled?.connection?.protocol === 'HTTP/2') return
    // HTTP/1.1 knows no other way to end a request than the connection's end.
    if (pooled) pooled.closedByUs = true
    this.stats.upstream_cx_destroy_with_active_rq++
    this.stats.upstream_cx_destroy_local_with_active_rq++
  }
}

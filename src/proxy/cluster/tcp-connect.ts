/**
 * One connection for the TCP proxy: the attempt, its timeout, its place in the circuit breaker, and its end.
 */
import type { Clock } from '../../lib/clock.ts'
import type { ConnectAttempt } from '../net/connect.ts'
import type { Transport } from '../net/transport.ts'
import type { ProxiedAddresses } from '../proxy-protocol/header.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { ConnectOwner, PendingConnect } from './cluster.ts'
import type { ClusterHost } from './cluster-host.ts'
import type { ClusterStats } from './cluster-stats.ts'
import type { Connector, TransportListener } from './connector.ts'
import { TrackedTransport } from './tracked-transport.ts'

export interface TcpConnectOptions {
  readonly host: ClusterHost
  readonly owner: ConnectOwner
  readonly client: ProxiedAddresses | undefined
  readonly connector: Connector
  readonly stats: ClusterStats
  readonly breaker: CircuitBreaker
  readonly clock: Clock
  readonly timeoutMs: number
}

export class TcpConnect implements PendingConnect, TransportListener {
  readonly #options: TcpConnectOptions
  readonly #startedAt: number
  #attempt: ConnectAttempt | undefined
  #cancelTimer: (() => void) | undefined
  #over = false

  constructor(options: TcpConnectOptions) {
    this.#options = options
    const { stats, breaker, host, clock, connector, timeoutMs, client } = options
    this.#startedAt = clock.now()
    if (!breaker.roomForConnection) {
      stats.upstream_cx_overflow++
      queueMicrotask(() => this.#refuse())
      return
    }
    stats.upstream_cx_total++
    stats.upstream_cx_active++
    host.stats.cx_total++
    host.stats.cx_active++
    host.active++
    breaker.connections++
    this.#cancelTimer = clock.after(timeoutMs, () => this.#timeOut())
    this.#attempt = connector.tcp(host, this, client)
  }

  cancel(): void {
    if (this.#over) return
    this.#over = true
    if (!this.#attempt) return
    this.#cancelTimer?.()
    this.#attempt.cancel()
    this.#closeBooks(true)
  }

  onTransport(transport: Transport): void {
    if (this.#over) return
    const { owner, stats, clock } = this.#options
    this.#over = true
    this.#cancelTimer?.()
    stats.upstream_cx_connect_ms.record(clock.now() - this.#startedAt)
    owner.onConnected(new TrackedTransport(transport, stats, byUs => this.#closeBooks(byUs)))
  }

  onTransportFailed(error: Error): void {
    this.#fail('connect-failure', error)
  }

  #timeOut(): void {
    if (this.#over) return
    this.#attempt?.cancel()
    this.#options.stats.upstream_cx_connect_timeout++
    this.#fail('connect-timeout', undefined)
  }

  #fail(reason: 'connect-failure' | 'connect-timeout', error: Error | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#cancelTimer?.()
    this.#options.stats.upstream_cx_connect_fail++
    this.#options.host.stats.cx_connect_fail++
    this.#closeBooks(false)
    this.#options.owner.onConnectFailed(reason, error)
  }

  #refuse(): void {
    if (this.#over) return
    this.#over = true
    this.#options.owner.onConnectFailed('overflow', undefined)
  }

  #closeBooks(byUs: boolean): void {
    const { stats, breaker, host } = this.#options
    breaker.connections--
    host.active--
    host.stats.cx_active--
    stats.upstream_cx_active--
    stats.upstream_cx_destroy++
    if (byUs) stats.upstream_cx_destroy_local++
    else stats.upstream_cx_destroy_remote++
  }
}

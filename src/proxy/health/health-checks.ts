/**
 * The health checks of a cluster: one prober a host, over connections of their own, which are not among the cluster's numbers.
 */

import type { ActiveHealth, ActiveHealthOptions } from '../cluster/active-health.ts'
import { CircuitBreaker } from '../cluster/circuit-breaker.ts'
import type { ClusterHost } from '../cluster/cluster-host.ts'
import { ClusterStats, HostStats } from '../cluster/cluster-stats.ts'
import type { CodecChoice, ConnectorTarget } from '../cluster/connector.ts'
import { HttpPool } from '../pool/http-pool.ts'
import { GrpcProber } from './grpc-prober.ts'
import { HostHealth } from './host-health.ts'
import { HttpProber } from './http-prober.ts'
import { TcpProber } from './tcp-prober.ts'
import type { Prober } from './verdict.ts'

export class HealthChecks implements ActiveHealth {
  readonly #options: ActiveHealthOptions
  readonly #checked = new Map<ClusterHost, HostHealth>()
  /** Nobody reads them: checks are not traffic. */
  readonly #numbers = new ClusterStats()
  readonly #breaker = new CircuitBreaker(UNLIMITED)
  #settled = false

  constructor(options: ActiveHealthOptions) {
    this.#options = options
  }

  update(hosts: readonly ClusterHost[]): void {
    const present = new Set(hosts)
    for (const [host, health] of this.#checked) {
      if (present.has(host)) continue
      this.#checked.delete(host)
      health.stop()
    }
    const added = hosts.filter(host => !host.check.disabled && !this.#checked.has(host)).map(host => this.#add(host))
    for (const health of added) health.start()
    this.#settle()
  }

  stop(): void {
    this.#settled = true
    for (const health of this.#checked.values()) health.stop()
    this.#checked.clear()
  }

  #add(host: ClusterHost): HostHealth {
    const { settings, stats, clock, random, hasTraffic, onChecked } = this.#options
    const health = new HostHealth(host, this.#prober(host), {
      settings,
      stats,
      clock,
      random,
      hasTraffic,
      onChecked: passed => {
        onChecked(host, passed)
        this.#settle()
      },
    })
    this.#checked.set(host, health)
    return health
  }

  /** The cluster waits for the first word on each of its first hosts. */
  #settle(): void {
    if (this.#settled || [...this.#checked.values()].some(health => health.unknown)) return
    this.#settled = true
    this.#options.onSettled()
  }

  #prober(host: ClusterHost): Prober {
    const { settings, connector, stats, sockets } = this.#options
    const { checker, socketCriteria } = settings
    const transportSocket = socketCriteria
      ? sockets.choose({ filterMetadata: { 'envoy.transport_socket_match': socketCriteria }, typedFilterMetadata: {} })
      : host.transportSocket
    const target: ConnectorTarget = { ...host.checkTarget(), transportSocket }
    const { hostname } = host.check
    const secure = transportSocket !== undefined
    switch (checker.kind) {
      case 'tcp':
        return new TcpProber(checker, connector, target)
      case 'grpc':
        return new GrpcProber({ settings: checker, pool: this.#pool(target, 'http2'), hostname, secure })
      case 'http': {
        const pool = this.#pool(target, checker.http2 ? 'http2' : 'http1')
        return new HttpProber({ settings: checker, pool, hostname, secure, onVerified: () => stats.verify_cluster++ })
      }
    }
  }

  #pool(target: ConnectorTarget, choice: CodecChoice): HttpPool {
    const { settings, clock, connector } = this.#options
    return new HttpPool({
      host: { active: 0, stats: new HostStats() },
      stats: this.#numbers,
      breaker: this.#breaker,
      clock,
      multiplexed: choice === 'http2',
      // The check has a timeout of its own, which cancels it.
      connectTimeoutMs: settings.timeoutMs,
      idleTimeoutMs: 0,
      maxConnectionMs: 0,
      maxRequestsPerConnection: settings.reuse ? 0 : 1,
      connect: pooled => connector.http(target, choice, { sni: undefined, verifySni: false }, pooled),
    })
  }
}

const UNLIMITED = {
  maxConnections: Number.POSITIVE_INFINITY,
  maxPendingRequests: Number.POSITIVE_INFINITY,
  maxRequests: Number.POSITIVE_INFINITY,
  maxRetries: 0,
  retryBudget: undefined,
}

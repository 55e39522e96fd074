/**
 * A cluster at work: its hosts, how one of them is picked, and the way to it. One object for one configuration of the cluster; a changed
 * configuration makes a new one, and this one drains.
 */

import type { BuildBalancer } from '../balance/build.ts'
import type { Host, HostOdds, PickContext, PreferredHost } from '../balance/host.ts'
import type { HealthStats } from '../health/stats.ts'
import type { RequestHead, ResponseHandler } from '../http/stream.ts'
import { isShareable } from '../http2/shared-connection.ts'
import type { Http2Stats } from '../http2/stats.ts'
import { HttpPool } from '../pool/http-pool.ts'
import type { ProxiedAddresses } from '../proxy-protocol/header.ts'
import type { ActiveHealth } from './active-health.ts'
import { BalancedHosts } from './balanced-hosts.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import type {
  AttemptOutcome,
  Balance,
  Cluster,
  ConnectOwner,
  PendingConnect,
  ResourcePriority,
  UpstreamStream,
} from './cluster.ts'
import type { ClusterContext } from './cluster-context.ts'
import { ClusterHost } from './cluster-host.ts'
import type { ClusterSettings } from './cluster-settings.ts'
import type { ClusterStats } from './cluster-stats.ts'
import { type CodecChoice, Connector } from './connector.ts'
import { DnsDiscovery } from './dns-discovery.ts'
import type { Assignment } from './endpoint.ts'
import type { HostKeeper, HostSource } from './host-source.ts'
import { NamedHosts, splitAuthority } from './named-hosts.ts'
import { OutlierDetector, type OutlierStats } from './outlier-detector.ts'
import { TcpConnect } from './tcp-connect.ts'

/** What outlives a change of the configuration. */
export interface ClusterCounters {
  readonly stats: ClusterStats
  readonly outlier: OutlierStats
  /** Made at the first call. */
  health(): HealthStats
  /** The same. */
  http2(): Http2Stats
}

const POOL_KEYS: Readonly<Record<CodecChoice, Readonly<Record<ResourcePriority, string>>>> = {
  http1: { default: 'http1', high: 'http1 high' },
  http2: { default: 'http2', high: 'http2 high' },
  auto: { default: 'auto', high: 'auto high' },
  shared: { default: 'shared', high: 'shared high' },
}

export class UpstreamCluster implements Cluster, HostKeeper {
  readonly name: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly settings: ClusterSettings
  readonly breakers: Readonly<Record<ResourcePriority, CircuitBreaker>>
  readonly #context: ClusterContext
  readonly #stats: ClusterStats
  readonly #connector: Connector
  readonly #source: HostSource
  readonly #balanced: BalancedHosts | undefined
  readonly #outlier: OutlierDetector | undefined
  #health: ActiveHealth | undefined
  readonly #startHealth: (() => ActiveHealth) | undefined
  #dns: DnsDiscovery | undefined
  #cancelWait: (() => void) | undefined
  #isReady = false
  /** Who waits for the first endpoints. */
  #onReady: (() => void) | undefined

  /** @param build not called for clusters whose hosts a request names itself */
  constructor(settings: ClusterSettings, build: BuildBalancer, counters: ClusterCounters, context: ClusterContext) {
    const { discovery, outlier } = settings
    const { stats } = counters
    const { clock, random } = context
    this.name = settings.name
    this.metadata = settings.metadata
    this.settings = settings
    this.breakers = { default: new CircuitBreaker(settings.breakers.default), high: new CircuitBreaker(settings.breakers.high) }
    this.#context = context
    this.#stats = stats
    this.#connector = new Connector(settings.connection, context, () => counters.http2())
    if (discovery.kind === 'original-destination' || discovery.kind === 'forward-proxy') {
      const socket = settings.sockets.fallback
      this.#source = new NamedHosts({ settings: discovery, socket, stats, clock, keeper: this })
    } else {
      const movable = discovery.kind === 'dns' && discovery.dns.logical
      const { sockets, health } = settings
      const checked = health !== undefined && context.startActiveHealth !== undefined
      const told = discovery.kind === 'eds' || (discovery.kind === 'dns' && !discovery.dns.logical)
      const keepLeaving = checked && told && !settings.ignoreHealthOnRemoval
      this.#balanced = new BalancedHosts({
        sockets,
        build,
        stats,
        keeper: this,
        movable,
        checked,
        keepLeaving,
        now: () => clock.now(),
      })
      this.#source = this.#balanced
    }
    if (outlier) {
      const hostCount = () => this.hosts.length
      this.#outlier = new OutlierDetector({ settings: outlier, stats: counters.outlier, clock, random, hostCount })
    }
    const { health } = settings
    const start = context.startActiveHealth
    this.#startHealth =
      health &&
      start &&
      (() =>
        start({
          settings: health,
          stats: counters.health(),
          connector: this.#connector,
          sockets: settings.sockets,
          clock,
          random,
          hasTraffic: () => stats.upstream_cx_total > 0,
          onChecked: (host, passed) => this.#onChecked(host, passed),
          onSettled: () => this.#ready(),
        }))
  }

  /** It has its endpoints, or need not wait for them. */
  get ready(): boolean {
    return this.#isReady
  }

  get balance(): Balance {
    let healthy = 0
    let ejected = 0
    for (const host of this.hosts) {
      if (host.healthy) healthy++
      if (host.ejected) ejected++
    }
    return { policy: this.settings.balancing, hosts: this.hosts.length, healthy, ejected }
  }

  get hosts(): readonly ClusterHost[] {
    return this.#source.hosts
  }

  /**
   * Looks for its hosts.
   * @param onReady called once, perhaps before this returns: the first endpoints are there, or it is no use to wait for them
   */
  start(onReady: () => void): void {
    const { discovery } = this.settings
    const { clock, random, resolver } = this.#context
    this.#onReady = onReady
    switch (discovery.kind) {
      case 'static':
        this.assign(discovery.assignment)
        return
      case 'dns':
        this.#dns = new DnsDiscovery(discovery.assignment.endpoints, {
          settings: discovery.dns,
          clock,
          random,
          resolver,
          stats: this.#stats,
          onEndpoints: endpoints => this.assign({ ...discovery.assignment, endpoints }),
        })
        this.#dns.start()
        return
      case 'eds':
        if (discovery.initialFetchTimeoutMs > 0)
          this.#cancelWait = clock.after(discovery.initialFetchTimeoutMs, () => {
            this.#stats.assignment_timeout_received++
            this.#ready()
          })
        return
      default:
        this.#ready()
    }
  }

  /** @param assignment all there is from now on */
  assign(assignment: Assignment): void {
    this.#balanced?.assign(assignment)
    if (!this.#startHealth) {
      this.#ready()
      return
    }
    // Ready when something is known of every host.
    this.#health ??= this.#startHealth()
    this.#health.update(this.hosts)
  }

  /** There is no assignment: nothing to wait for, and what was assigned before stays. */
  assignNothing(): void {
    this.#stats.update_empty++
    this.#ready()
  }

  /** Its name means another cluster from now on, or none. Requests under way finish, connections end as they become idle. */
  drain(): void {
    this.#stop()
    for (const host of this.hosts) host.drain()
  }

  /** Ends every connection at once. */
  destroy(): void {
    this.#stop()
    for (const host of this.hosts) host.destroy()
  }

  pick(context: PickContext): Host | undefined {
    const host = context.preferred === undefined ? this.#source.pick(context) : this.#pickPreferred(context, context.preferred)
    if (host === undefined) this.#stats.upstream_cx_none_healthy++
    return host
  }

  #pickPreferred(context: PickContext, { address, strict }: PreferredHost): Host | undefined {
    const host = this.hosts.find(known => known.address === address)
    if (host?.mayKeepSessions(this.settings.sessionHealth)) return host
    return strict ? undefined : this.#source.pick(context)
  }

  /** For `explain`: who `pick` may give, and how likely. */
  odds(context: PickContext): readonly HostOdds[] {
    return this.#source.odds(context)
  }

  open(
    host: Host,
    head: RequestHead,
    last: boolean,
    handler: ResponseHandler,
    priority: ResourcePriority = 'default',
  ): UpstreamStream {
    return this.#pool(ours(host), head, priority).open(head, last, handler)
  }

  connect(host: Host, owner: ConnectOwner, client?: ProxiedAddresses): PendingConnect {
    return new TcpConnect({
      host: ours(host),
      owner,
      client,
      connector: this.#connector,
      stats: this.#stats,
      breaker: this.breakers.default,
      clock: this.#context.clock,
      timeoutMs: this.settings.connection.connectTimeoutMs,
    })
  }

  acquireRetry(priority: ResourcePriority = 'default'): boolean {
    const breaker = this.breakers[priority]
    if (!breaker.roomForRetry) {
      this.#stats.upstream_rq_retry_overflow++
      return false
    }
    breaker.retries++
    this.#stats.upstream_rq_retry++
    return true
  }

  releaseRetry(priority: ResourcePriority = 'default'): void {
    this.breakers[priority].retries--
  }

  report(host: Host, status: number, outcome: AttemptOutcome): void {
    const reported = ours(host)
    const timedOut = outcome === 'timeout' || outcome === 'per-try-timeout'
    if (outcome === 'timeout') this.#stats.upstream_rq_timeout++
    if (outcome === 'per-try-timeout') this.#stats.upstream_rq_per_try_timeout++
    if (timedOut) reported.stats.rq_timeout++
    // As Envoy counts attempts that got no response.
    const counted = outcome === 'response' ? status : timedOut ? 504 : 503
    this.#stats.upstream_rq.count(counted)
    if (counted < 500) reported.stats.rq_success++
    else reported.stats.rq_error++
    this.#outlier?.report(reported, status, outcome)
  }

  chargeResponse(status: number): void {
    this.#stats.upstream_rq.count(status)
  }

  onRemoved(host: ClusterHost): void {
    this.#outlier?.forget(host)
    host.drain()
  }

  #onChecked(host: ClusterHost, passed: boolean): void {
    if (passed) {
      if (this.#outlier?.letsInByHealthCheck && host.ejected && !host.failedCheck) this.#outlier.letIn(host)
    } else if (host.leaving && host.failedCheck) {
      this.#balanced?.leave(host)
      this.#health?.update(this.hosts)
    }
  }

  #ready(): void {
    this.#isReady = true
    this.#cancelWait?.()
    const onReady = this.#onReady
    this.#onReady = undefined
    onReady?.()
  }

  #stop(): void {
    this.#onReady = undefined
    this.#cancelWait?.()
    this.#dns?.stop()
    this.#health?.stop()
    this.#source.stop()
    this.#outlier?.stop()
  }

  #pool(host: ClusterHost, head: RequestHead, priority: ResourcePriority): HttpPool {
    const { autoSni } = this.settings.http
    const choice = this.#codec(host, head)
    const key = POOL_KEYS[choice][priority]
    if (autoSni && host.transportSocket !== undefined) {
      const sni = splitAuthority(head.authority)?.name ?? ''
      return host.pools.get(`${key} ${sni}`) ?? this.#makePool(host, choice, priority, `${key} ${sni}`, sni)
    }
    return host.pools.get(key) ?? this.#makePool(host, choice, priority, key, undefined)
  }

  #codec({ transportSocket }: ClusterHost, head: RequestHead): CodecChoice {
    const { protocol, shared } = this.settings.http
    if (shared && transportSocket !== undefined && isShareable(head)) return 'shared'
    if (protocol === 'downstream') return head.protocol === 'HTTP/2' ? 'http2' : 'http1'
    return protocol
  }

  #makePool(host: ClusterHost, choice: CodecChoice, priority: ResourcePriority, key: string, sni: string | undefined): HttpPool {
    const { http, connection } = this.settings
    const name = { sni, verifySni: http.autoSanValidation }
    const pool = new HttpPool({
      host,
      stats: this.#stats,
      breaker: this.breakers[priority],
      clock: this.#context.clock,
      multiplexed: choice === 'auto' || choice === 'shared' ? 'unknown' : choice === 'http2',
      connectTimeoutMs: connection.connectTimeoutMs,
      idleTimeoutMs: http.idleTimeoutMs,
      maxConnectionMs: http.maxConnectionMs,
      maxRequestsPerConnection: http.maxRequestsPerConnection,
      connect: pooled => this.#connector.http(host, choice, name, pooled),
    })
    host.pools.set(key, pool)
    return pool
  }
}

function ours(host: Host): ClusterHost {
  if (host instanceof ClusterHost) return host
  throw new TypeError(`Cannot use host "${host.address}": it was not picked from a cluster`)
}

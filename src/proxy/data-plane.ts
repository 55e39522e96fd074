/**
 * The data plane as one process: everything there is, put together, started in order and ended in order.
 */
import { writeFileSync } from 'node:fs'
import type { WorkloadCertificate, WorkloadIdentity } from '../identity/workload/workload-identity.ts'
import { systemClock } from '../lib/clock.ts'
import { peerFieldsOfNode } from '../lib/peer-fields.ts'
import { systemTimerWheel } from '../lib/timer-wheel.ts'
import { AdsClient } from '../xds/client/ads-client.ts'
import type { Rejections, Update } from '../xds/client/client.ts'
import type { Bootstrap } from '../xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import { Node } from '../xds/gen/envoy/config/core/v3/base.ts'
import type { ConfigSource } from '../xds/gen/envoy/config/core/v3/config_source.ts'
import { durationMs } from '../xds/wire/duration.ts'
import { CLUSTER, LISTENER } from '../xds/wire/type-url.ts'
import { AdminServer } from './admin/server.ts'
import { compileBalancing } from './balance/build.ts'
import { ClusterSet } from './cluster/cluster-set.ts'
import { systemResolver } from './cluster/resolver.ts'
import { readAds } from './config/ads.ts'
import { Configuration } from './config/configuration.ts'
import { ListenerSet } from './config/listener-set.ts'
import { networkFilterKinds } from './config/network-filter-kinds.ts'
import { ResourceStore } from './config/resource-store.ts'
import { RouteSlots } from './config/routes.ts'
import { SdsServers } from './config/secret-servers.ts'
import { type SecretServers, SecretUpdates, type Subscriptions } from './config/secret-updates.ts'
import type { ProxyContext } from './context.ts'
import { RemoteKeySets } from './filters/jwt/remote-keys.ts'
import { ScriptModules } from './filters/script/modules.ts'
import type { ProxyFlags } from './flags.ts'
import { loadHealthChecks } from './health/load.ts'
import { Drain } from './listener/drain.ts'
import { listenAddress } from './listener/listen-address.ts'
import { Listeners } from './listener/listeners.ts'
import type { AdjustableLog } from './log.ts'
import { type Phase, type ProcessFacts, ProcessView } from './process-view.ts'
import { denialLog } from './telemetry/denial-log.ts'
import { DenialNotes } from './telemetry/denial-notes.ts'
import { Denials } from './telemetry/denials.ts'
import { LogFiles } from './telemetry/log-files.ts'
import { Recorder } from './telemetry/recorder.ts'
import { RemoteLogs } from './telemetry/remote/remote-logs.ts'
import { StandardMetrics } from './telemetry/standard/standard-metrics.ts'
import { StatsRegistry } from './telemetry/stats.ts'
import { AGENT_CLUSTER, Secrets } from './tls/secrets.ts'
import { ConnectionNotes } from './tracing/connection-notes.ts'
import { Tracers } from './tracing/tracers.ts'

/** Envoy's default of initial_fetch_timeout. */
const FETCH_TIMEOUT_MS = 15_000
/** How often an ending process looks whether its connections are gone. */
const IDLE_CHECK_MS = 50
/** After being told to end: clients get this long to send one more request on a kept connection, and to be told to leave it. */
const GRACE_MS = 1000

export class DataPlane implements ProcessFacts {
  readonly bootstrap: Bootstrap
  readonly node: Node
  readonly flags: ProxyFlags
  readonly log: AdjustableLog
  readonly stats = new StatsRegistry()
  readonly denials: Denials
  readonly recorder = new Recorder(Date.now())
  readonly metrics: StandardMetrics
  readonly connectionNotes = new ConnectionNotes()
  readonly store = new ResourceStore()
  readonly clusters: ClusterSet
  readonly listeners: Listeners
  readonly configuration: Configuration
  readonly startedAt = Date.now()
  /** Resolves with the exit code. */
  readonly ended: Promise<number>
  phase: Phase = 'pre-initializing'
  /** What the control plane is known to be: for the log and /server_info. */
  controlPlane: 'none' | 'connecting' | 'connected' = 'none'

  readonly #context: ProxyContext
  readonly #listenerSet: ListenerSet
  readonly #logFiles: LogFiles
  readonly #remoteLogs: RemoteLogs
  readonly #tracers: Tracers
  readonly #drain = new Drain()
  readonly #secretUpdates: SecretUpdates
  #client: AdsClient | undefined
  #sdsServers: SdsServers | undefined
  #identity: WorkloadIdentity | undefined
  #admin: AdminServer | undefined
  #end: (code: number) => void = () => {}
  /** The control plane's listeners are asked for when its clusters are there. */
  #askedForListeners = false
  readonly #followed = new Map<string, (update: Update) => Rejections | undefined>()
  #listenersCame = false

  constructor(bootstrap: Bootstrap, flags: ProxyFlags, log: AdjustableLog) {
    this.bootstrap = bootstrap
    this.flags = flags
    this.log = log
    this.node = Node.fromPartial(bootstrap.node ?? {})
    this.node.userAgentName = 'mizzen'
    // Envoy would replace its listeners whenever a line moves: it is told nothing of them.
    this.node.metadata = { ...this.node.metadata, DENIAL_NOTES: 'listener' }
    if (flags.serviceNode !== undefined) this.node.id = flags.serviceNode
    if (flags.serviceCluster !== undefined) this.node.cluster = flags.serviceCluster
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
    this.metrics = new StandardMetrics(peerFieldsOfNode(this.node.metadata), line => log.log('warning', 'metrics', line))
    this.#logFiles = new LogFiles(flags.logFlushMs)
    const random = Math.random
    const staticClusters = new Set(bootstrap.staticResources?.clusters.map(({ name }) => name))
    const hasIdentity = flags.identityPath !== undefined
    const secrets = new Secrets(cluster => staticClusters.has(cluster) || (hasIdentity && cluster === AGENT_CLUSTER))
    this.clusters = new ClusterSet({
      secrets,
      clock: systemClock,
      random,
      resolver: systemResolver,
      stats: this.stats,
      readBalancing: cluster => compileBalancing(cluster, random),
      startActiveHealth: loadHealthChecks,
    })
    const denialNotes = new DenialNotes()
    this.denials = new Denials(denialNotes, denialLog(log.log, systemClock))
    const { clusters: reached, node, stats } = this
    this.#tracers = new Tracers({ clusters: reached, stats, clock: systemClock, node, log: log.log })
    this.#remoteLogs = new RemoteLogs({ clusters: reached, stats, clock: systemClock, node, log: log.log })
    this.#context = {
      timers: systemTimerWheel(),
      random,
      clusters: this.clusters,
      secrets,
      stats: this.stats,
      logFiles: this.#logFiles,
      remoteLogs: this.#remoteLogs,
      denials: this.denials,
      denialNotes,
      tracers: this.#tracers,
      connectionNotes: this.connectionNotes,
      recorder: this.recorder,
      metrics: this.metrics,
      keySets: new RemoteKeySets({ clusters: this.clusters, log: message => log.log('warning', 'jwt', message) }),
      scripts: new ScriptModules(log.log, this.stats),
      drain: this.#drain,
      log: log.log,
    }
    this.listeners = new Listeners(this.#context, { drainTimeMs: flags.drainTimeMs, strategy: flags.drainStrategy })
    const routes = new RouteSlots()
    this.#listenerSet = new ListenerSet(this.#context, this.listeners, routes, networkFilterKinds(routes), name =>
      this.#onListenerActive(name),
    )
    const { clusters, store } = this
    const listeners = this.#listenerSet
    this.#secretUpdates = new SecretUpdates({ clusters, listeners, secrets, store })
    this.configuration = new Configuration({ clusters, listeners, routes, secrets: this.#secretUpdates, store })
  }

  /** Resources that are no business of a proxy's, on its stream of configuration: all of a type. To be said before `start`. */
  follow(type: string, apply: (update: Update) => Rejections | undefined): void {
    this.#followed.set(type, apply)
  }

  /** @throws (rejects) when the bootstrap can't be used */
  async start(): Promise<void> {
    const { staticResources, admin } = this.bootstrap
    if (admin?.address !== undefined) {
      const address = listenAddress({ address: admin.address })
      this.#admin = new AdminServer(address, new ProcessView(this), this.#context.timers, error => {
        if (error !== undefined) this.log.log('error', 'admin', error)
      })
      await this.#admin.start()
      const { adminAddressPath } = this.flags
      if (adminAddressPath !== undefined) writeFileSync(adminAddressPath, this.#admin.address)
    }
    // Listeners that need the certificate find it there; without one, nobody would be served configuration either.
    if (this.flags.identityPath !== undefined) await this.#getIdentity(this.flags.identityPath)
    this.configuration.applyStatic(staticResources?.clusters ?? [], staticResources?.listeners ?? [])
    this.#connect()
    await this.listeners.settled()
    this.phase = 'initializing'
    this.#checkLive()
  }

  get adminPort(): number {
    return this.#admin?.port ?? 0
  }

  /** First call: lets everything end by itself, for as long as the drain time. Second call: ends at once. */
  stop(): void {
    if (this.phase === 'draining') {
      this.log.log('info', 'main', 'ends at once')
      void this.#exit()
      return
    }
    this.phase = 'draining'
    this.log.log('info', 'main', `drains ${this.listeners.connections} connections, for ${this.flags.endTimeMs / 1000} s at most`)
    const deadline = performance.now() + this.flags.endTimeMs
    this.#client?.close()
    this.#sdsServers?.close()
    this.#identity?.close()
    this.listeners.stop()
    this.#drain.start('immediate', this.flags.endTimeMs)
    // Connections that are kept but not used are not worth more than a moment.
    setTimeout(() => this.listeners.drainConnections(), Math.min(GRACE_MS, this.flags.endTimeMs))
    const check = setInterval(() => {
      if (this.listeners.connections > 0 && performance.now() < deadline) return
      clearInterval(check)
      void this.#exit()
    }, IDLE_CHECK_MS)
  }

  /** Admin /drain_listeners. */
  drainListeners(graceful: boolean): void {
    if (!graceful) {
      this.listeners.stop()
      return
    }
    this.#drain.start(this.flags.drainStrategy, this.flags.drainTimeMs)
    setTimeout(() => this.listeners.stop(), this.flags.drainTimeMs).unref()
  }

  /** The workload's own; undefined: there is none yet. */
  get certificate(): WorkloadCertificate | undefined {
    return this.#identity?.current
  }

  /** Admin /healthcheck/fail and /healthcheck/ok. */
  failHealthCheck(failed: boolean): void {
    if (failed) this.#drain.start('immediate', 0)
    else this.#drain.stop()
  }

  async #exit(): Promise<void> {
    this.listeners.destroy()
    await Promise.all([this.#tracers.flush(), this.#remoteLogs.flush()])
    this.clusters.destroy()
    this.#admin?.close()
    await this.#logFiles.flush()
    this.#end(0)
  }

  /** Resolves with the first certificate: as long as it takes. */
  async #getIdentity(file: string): Promise<void> {
    const { ownIdentity } = await import('./own-identity.ts')
    this.#secretUpdates.onTrust = (roots, revoked) => this.#identity?.trust(roots, revoked)
    await new Promise<void>(resolve => {
      this.#identity = ownIdentity(file, this.log.log, secret => {
        this.#secretUpdates.putOwn(AGENT_CLUSTER, secret)
        if (this.#identity?.current !== undefined) resolve()
      })
      this.#identity.start()
    })
  }

  #connectSecrets(ads: Subscriptions): SecretServers {
    const { bootstrap, node } = this
    const apply = (cluster: string, update: Update) => this.#secretUpdates.apply({ kind: 'cluster', cluster }, update)
    const servers = new SdsServers({ bootstrap, node, log: this.log.log, apply })
    this.#sdsServers = servers
    return { ads, cluster: name => (this.#identity !== undefined && name === AGENT_CLUSTER ? undefined : servers.of(name)) }
  }

  #connect(): void {
    const { dynamicResources } = this.bootstrap
    if (dynamicResources === undefined) {
      this.configuration.connect(this.#connectSecrets(NOBODY))
      this.#askedForListeners = true
      this.#listenersCame = true
      return
    }
    const { cdsConfig, ldsConfig } = dynamicResources
    const client = new AdsClient({
      ...readAds(this.bootstrap),
      ...(this.#identity && { security: this.#identity.credentials }),
      node: this.node,
      apply: (type, update) => {
        const followed = this.#followed.get(type)
        if (followed !== undefined) return followed(update)
        const rejections = this.configuration.apply(type, update)
        if (rejections !== undefined) for (const reason of rejections.values()) this.log.log('warning', 'config', reason)
        if (type === CLUSTER) this.#askForListeners(client, ldsConfig)
        if (type === LISTENER) this.#listenersCame = true
        this.#checkLive()
        return rejections
      },
      onConnection: state => {
        this.controlPlane = state.connected ? 'connected' : 'connecting'
        if (state.connected) this.log.log('info', 'xds', 'connected to the control plane')
        else this.log.log('warning', 'xds', `no control plane: ${state.reason}; tries again in ${Math.round(state.retryMs)} ms`)
      },
    })
    this.#client = client
    for (const type of this.#followed.keys()) client.subscribe(type, ['*'])
    this.configuration.connect(this.#connectSecrets(client))
    this.clusters.onWarmed = () => {
      this.#askForListeners(client, ldsConfig)
      this.#checkLive()
    }
    if (cdsConfig !== undefined) client.subscribe(CLUSTER, ['*'])
    else this.#askForListeners(client, ldsConfig)
    // A control plane that has no clusters for us, or can't be reached, does not keep the listeners away for ever.
    after(cdsConfig, () => this.#subscribeListeners(client, ldsConfig))
    client.start()
  }

  /** Make before break: listeners come when the clusters they lead to have endpoints. */
  #askForListeners(client: AdsClient, source: ConfigSource | undefined): void {
    if (this.clusters.warming === 0) this.#subscribeListeners(client, source)
  }

  #subscribeListeners(client: AdsClient, source: ConfigSource | undefined): void {
    if (this.#askedForListeners) return
    this.#askedForListeners = true
    if (source === undefined) this.#listenersCame = true
    else client.subscribe(LISTENER, ['*'])
    after(source, () => {
      this.#listenersCame = true
      this.#checkLive()
    })
    this.#checkLive()
  }

  #onListenerActive(name: string): void {
    this.store.setState(LISTENER, name, 'active')
    this.log.log('info', 'listener', `"${name}" has its routes and is in use`)
    this.#checkLive()
  }

  #checkLive(): void {
    if (this.phase !== 'initializing' || !this.#askedForListeners || !this.#listenersCame || this.#listenerSet.warming > 0) return
    void this.listeners.settled().then(() => {
      if (this.phase !== 'initializing') return
      this.phase = 'live'
      this.log.log('info', 'main', `serves; admin on port ${this.adminPort}`)
    })
  }
}

/** Runs when a source's initial_fetch_timeout has passed; 0 is never. */
function after(source: ConfigSource | undefined, run: () => void): void {
  const ms = durationMs(source?.initialFetchTimeout) ?? FETCH_TIMEOUT_MS
  if (ms > 0) setTimeout(run, ms).unref()
}

const NOBODY: Subscriptions = { subscribe() {}, unsubscribe() {} }

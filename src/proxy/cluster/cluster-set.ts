/**
 * The clusters of a proxy, as the control plane and the bootstrap give them. They are swapped one by one: a cluster that cannot be built
 * leaves the one before it serving, one without endpoints yet (it is warming) does so too, and what is the same bytes as before is left alone.
 */
import { Cluster as ClusterMessage } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import type { ClusterLoadAssignment } from '../../xds/gen/envoy/config/endpoint/v3/endpoint.ts'
import type { BuildBalancer } from '../balance/build.ts'
import type { StatsRegistry } from '../telemetry/stats.ts'
import type { SecretSlot, Secrets } from '../tls/secrets.ts'
import type { Clusters } from './cluster.ts'
import type { ClusterContext } from './cluster-context.ts'
import { ClusterConfigError, ofCluster } from './cluster-error.ts'
import { ClusterRecord } from './cluster-record.ts'
import { type DiscoverySettings, readCluster } from './cluster-settings.ts'
import { type Assignment, readAssignment } from './endpoint.ts'
import { UpstreamCluster } from './upstream-cluster.ts'

export interface ClusterSetContext extends ClusterContext {
  readonly stats: StatsRegistry
  readonly secrets: Secrets
  /** Reads a cluster's load-balancing policy; not asked for clusters whose hosts a request names itself. @throws on what is not supported */
  readonly readBalancing: (cluster: ClusterMessage) => BuildBalancer
}

/** `cluster_manager.*` */
class ClusterManagerStats {
  cluster_added = 0
  cluster_modified = 0
  cluster_removed = 0
  active_clusters = 0
  warming_clusters = 0
}

export class ClusterSet implements Clusters {
  readonly #context: ClusterSetContext
  readonly #records = new Map<string, ClusterRecord>()
  /** Those in use, for `get`. */
  readonly #active = new Map<string, UpstreamCluster>()
  /** What EDS said last, by service name, while a cluster uses it: a changed cluster need not wait for what is known. */
  readonly #assignments = new Map<string, Assignment>()
  readonly #usersOf = new Map<string, Set<ClusterRecord>>()
  readonly #stats = new ClusterManagerStats()
  /** Called when no cluster waits for endpoints or secrets any more. */
  onWarmed: () => void = () => {}

  constructor(context: ClusterSetContext) {
    this.#context = context
    context.stats.add({ prefix: 'cluster_manager', family: 'envoy_cluster_manager', labels: {}, values: this.#stats })
  }

  get(name: string): UpstreamCluster | undefined {
    return this.#active.get(name)
  }

  /** Clusters that wait for their first endpoints, or for a certificate. */
  get warming(): number {
    return this.#stats.warming_clusters
  }

  /** By name, sorted. */
  get records(): ClusterRecord[] {
    return [...this.#records.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** What their TLS contexts refer to. */
  *neededSecrets(): Iterable<SecretSlot> {
    for (const { active, warming } of this.#records.values()) {
      if (active) yield* active.settings.sockets.secrets
      if (warming) yield* warming.settings.sockets.secrets
    }
  }

  /**
   * Adds a cluster or changes it. Connections of a cluster that changes drain, and its hosts begin anew.
   * @returns the name under which its endpoints are to be subscribed to (EDS); undefined: it needs none
   * @throws ClusterConfigError, and nothing is changed
   */
  put(message: ClusterMessage, addedViaApi = true): string | undefined {
    const bytes = ClusterMessage.encode(message).finish()
    const known = this.#records.get(message.name)
    if (known && Buffer.compare(known.bytes, bytes) === 0) return serviceOf(known.latest)
    if (message.name === '') throw new ClusterConfigError('', 'the cluster has no name')
    const settings = readCluster(message, this.#context.secrets)
    const build = namesHosts(settings.discovery)
      ? NO_BALANCING
      : ofCluster(message.name, () => this.#context.readBalancing(message))
    const record = known ?? this.#add(new ClusterRecord(message.name, settings.statName, addedViaApi, bytes))
    if (known) this.#stats.cluster_modified++
    record.bytes = bytes
    const serviceBefore = serviceOf(record.latest)
    this.#stopWarming(record)
    const cluster = new UpstreamCluster(settings, build, record, this.#context)
    this.#warm(record, cluster)
    const service = serviceOf(cluster)
    if (serviceBefore !== service) this.#stopUsing(serviceBefore, record)
    return service
  }

  remove(name: string): void {
    const record = this.#records.get(name)
    if (!record) return
    this.#stopUsing(serviceOf(record.latest), record)
    this.#stopWarming(record)
    record.active?.drain()
    record.withdraw(this.#context.stats)
    this.#records.delete(name)
    this.#active.delete(name)
    this.#stats.cluster_removed++
    this.#stats.active_clusters = this.#active.size
  }

  /**
   * What EDS says.
   * @param service as `put` returned it
   * @throws when an endpoint cannot be used, and nothing is changed
   */
  putEndpoints(service: string, assignment: ClusterLoadAssignment): void {
    const users = this.#usersOf.get(service)
    if (!users) return
    const read = readAssignment(assignment, false)
    this.#assignments.set(service, read)
    for (const record of [...users]) {
      record.stats.update_attempt++
      record.stats.update_success++
      record.latest?.assign(read)
    }
  }

  /** EDS has nothing under this name: who waits for it need not, and who had endpoints keeps them, as in Envoy. */
  removeEndpoints(service: string): void {
    for (const record of [...(this.#usersOf.get(service) ?? [])]) record.latest?.assignNothing()
  }

  /** Secrets have come: whoever waited for nothing else goes into use. */
  secretsCame(): void {
    for (const record of this.#records.values()) {
      const { warming } = record
      if (warming?.ready && hasSecrets(warming)) this.#activate(record, warming)
    }
  }

  /** Ends every connection at once: the process is about to end. */
  destroy(): void {
    for (const record of this.#records.values()) {
      record.cancelWait()
      record.active?.destroy()
      record.warming?.destroy()
    }
  }

  #add(record: ClusterRecord): ClusterRecord {
    this.#records.set(record.name, record)
    record.publish(this.#context.stats)
    this.#stats.cluster_added++
    return record
  }

  #warm(record: ClusterRecord, cluster: UpstreamCluster): void {
    record.warming = cluster
    this.#stats.warming_clusters++
    const service = serviceOf(cluster)
    if (service !== undefined) this.#use(service, record)
    cluster.start(() => {
      if (hasSecrets(cluster)) this.#activate(record, cluster)
      else this.#awaitSecrets(record, cluster)
    })
    const known = service === undefined ? undefined : this.#assignments.get(service)
    if (!known) return
    record.stats.assignment_use_cached++
    cluster.assign(known)
  }

  /** As in Envoy: without its certificate a cluster would answer 503, so that what was there before goes on meanwhile. */
  #awaitSecrets(record: ClusterRecord, cluster: UpstreamCluster): void {
    const timeouts = cluster.settings.sockets.secrets.map(({ fetchTimeoutMs }) => fetchTimeoutMs)
    if (timeouts.includes(0)) return
    record.cancelWait = this.#context.clock.after(Math.max(...timeouts), () => this.#activate(record, cluster))
  }

  #activate(record: ClusterRecord, cluster: UpstreamCluster): void {
    if (record.warming !== cluster) return
    record.cancelWait()
    const before = record.active
    record.warming = undefined
    record.active = cluster
    this.#active.set(record.name, cluster)
    this.#stats.active_clusters = this.#active.size
    before?.drain()
    this.#countWarm()
  }

  #stopWarming(record: ClusterRecord): void {
    if (!record.warming) return
    record.cancelWait()
    record.warming.drain()
    record.warming = undefined
    this.#countWarm()
  }

  #countWarm(): void {
    this.#stats.warming_clusters--
    if (this.#stats.warming_clusters === 0) this.onWarmed()
  }

  #use(service: string, record: ClusterRecord): void {
    const users = this.#usersOf.get(service)
    if (users) users.add(record)
    else this.#usersOf.set(service, new Set([record]))
  }

  /** The assignment is forgotten with its last user. */
  #stopUsing(service: string | undefined, record: ClusterRecord): void {
    if (service === undefined) return
    const users = this.#usersOf.get(service)
    users?.delete(record)
    if (users?.size !== 0) return
    this.#usersOf.delete(service)
    this.#assignments.delete(service)
  }
}

const NO_BALANCING: BuildBalancer = () => ({ pick: () => undefined, odds: () => [] })

function namesHosts({ kind }: DiscoverySettings): boolean {
  return kind === 'original-destination' || kind === 'forward-proxy'
}

function hasSecrets({ settings }: UpstreamCluster): boolean {
  return settings.sockets.secrets.every(({ secret }) => secret !== undefined)
}

function serviceOf(cluster: UpstreamCluster | undefined): string | undefined {
  const discovery = cluster?.settings.discovery
  return discovery?.kind === 'eds' ? discovery.service : undefined
}

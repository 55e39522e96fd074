/**
 * A data plane without traffic: the proxy's own listeners, filters, routes and clusters, built of the resources that it would be sent,
 * and only those that a call meets. Nothing is opened, resolved or connected.
 */
import { ManualClock } from '../../lib/clock.ts'
import { systemTimerWheel } from '../../lib/timer-wheel.ts'
import { compileBalancing } from '../../proxy/balance/build.ts'
import { networkFilterKinds } from '../../proxy/config/network-filter-kinds.ts'
import { RouteSlots } from '../../proxy/config/routes.ts'
import type { ProxyContext } from '../../proxy/context.ts'
import { RemoteKeySets } from '../../proxy/filters/jwt/remote-keys.ts'
import { ScriptModules } from '../../proxy/filters/script/modules.ts'
import { knowsFilter } from '../../proxy/hcm/filters.ts'
import { HttpConnectionManager } from '../../proxy/hcm/manager.ts'
import { endOf, type TerminalFilter } from '../../proxy/listener/connection.ts'
import { Drain } from '../../proxy/listener/drain.ts'
import { addressText, listenAddress } from '../../proxy/listener/listen-address.ts'
import { listenerOf } from '../../proxy/listener/listeners.ts'
import { compileRoutes } from '../../proxy/route/compile.ts'
import { DenialNotes } from '../../proxy/telemetry/denial-notes.ts'
import { Denials } from '../../proxy/telemetry/denials.ts'
import { LogFiles } from '../../proxy/telemetry/log-files.ts'
import { Recorder } from '../../proxy/telemetry/recorder.ts'
import { RemoteLogs } from '../../proxy/telemetry/remote/remote-logs.ts'
import { StandardMetrics } from '../../proxy/telemetry/standard/standard-metrics.ts'
import { StatsRegistry } from '../../proxy/telemetry/stats.ts'
import { Secrets } from '../../proxy/tls/secrets.ts'
import { ConnectionNotes } from '../../proxy/tracing/connection-notes.ts'
import { Tracers } from '../../proxy/tracing/tracers.ts'
import { Node, TrafficDirection } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { Listener } from '../../xds/gen/envoy/config/listener/v3/listener.ts'
import type { FilterChain } from '../../xds/gen/envoy/config/listener/v3/listener_components.ts'
import { RouteConfiguration } from '../../xds/gen/envoy/config/route/v3/route.ts'
import { HttpConnectionManager as ManagerConfig } from '../../xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import type { ProxyResources } from '../../xds/resources/proxy.ts'
import { unpack } from '../../xds/wire/any.ts'
import { LISTENER, messageName, ROUTE } from '../../xds/wire/type-url.ts'
import { DryClusters } from './dry-clusters.ts'

const MANAGER = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'

/** What a filter chain ends in. */
export type Terminal =
  | {
      readonly kind: 'http'
      readonly manager: HttpConnectionManager
      /** undefined: the control plane has not sent it. */
      readonly routes: RouteConfiguration | undefined
      /** HTTP filters that only Envoy has, by name. */
      readonly foreign: readonly string[]
    }
  /** first: what may refuse the connection before its end. */
  | { readonly kind: 'bytes'; readonly first: TerminalFilter; readonly filter: TerminalFilter }

export class DryProxy {
  readonly clusters: DryClusters
  readonly listeners: readonly Listener[]
  readonly workloadAt: (address: string) => string | undefined
  readonly #resources: ProxyResources
  readonly #context: ProxyContext
  readonly #byAddress = new Map<string, Listener>()
  readonly #terminals = new Map<FilterChain, Terminal>()

  /** @param workloadAt "namespace/name" of the workload behind an address "ip:port", where it is known */
  constructor(resources: ProxyResources, workloadAt: (address: string) => string | undefined) {
    this.#resources = resources
    this.workloadAt = workloadAt
    const stats = new StatsRegistry()
    const secrets = new Secrets(() => true)
    this.clusters = new DryClusters(resources, {
      clock: new ManualClock(),
      random: () => 0,
      // A name stands for whatever it will be resolved to: its hosts carry it as their name.
      resolver: {
        resolve(_name, _family, done) {
          done(undefined, [RESOLVED])
          return () => {}
        },
      },
      stats,
      secrets,
      readBalancing: cluster => compileBalancing(cluster, () => 0),
    })
    const denialNotes = new DenialNotes()
    const nowhere = { clusters: this.clusters, stats, clock: new ManualClock(), node: Node.fromPartial({}), log: () => {} }
    this.#context = {
      timers: systemTimerWheel(),
      random: () => 0,
      clusters: this.clusters,
      secrets,
      stats,
      logFiles: new LogFiles(0, () => -1),
      denials: new Denials(denialNotes, () => {}),
      denialNotes,
      tracers: new Tracers(nowhere),
      connectionNotes: new ConnectionNotes(),
      remoteLogs: new RemoteLogs(nowhere),
      recorder: new Recorder(0),
      metrics: new StandardMetrics({}, () => {}),
      keySets: new RemoteKeySets({ clusters: this.clusters, log: () => {} }),
      scripts: new ScriptModules(() => {}, stats, false),
      drain: new Drain(),
      log: () => {},
    }
    this.listeners = [...(resources.get(LISTENER)?.values() ?? [])].map(({ bytes }) => Listener.decode(bytes))
    for (const listener of this.listeners) this.#byAddress.set(addressText(listenAddress(listener)), listener)
  }

  /** As the proxy chooses for a connection to this address. */
  listenerFor(address: string, port: number): Listener | undefined {
    return listenerOf(key => this.#byAddress.get(key), address, port)
  }

  /** @throws when the proxy would refuse the chain, with its reason */
  terminal(chain: FilterChain): Terminal {
    const known = this.#terminals.get(chain)
    if (known) return known
    const made = this.#build(chain)
    this.#terminals.set(chain, made)
    return made
  }

  #build(chain: FilterChain): Terminal {
    const slots = new RouteSlots()
    const { filters, foreign, config } = withoutForeign(chain)
    const settings = { context: this.#context, bufferLimit: 1024 * 1024, direction: TrafficDirection.UNSPECIFIED }
    const first = networkFilterKinds(slots)(filters, settings)
    const filter = endOf(first)
    if (!(filter instanceof HttpConnectionManager)) return { kind: 'bytes', first, filter }
    const inline = config?.routeSpecifier?.$case === 'routeConfig' ? config.routeSpecifier.value : undefined
    const routes = inline ?? this.#routes(filter.routeSource.name ?? '')
    const slot = slots.get(filter.routeSource.name ?? '')
    if (slot && routes) slot.table = compileRoutes(routes)
    return { kind: 'http', manager: filter, routes, foreign }
  }

  #routes(name: string): RouteConfiguration | undefined {
    const resource = this.#resources.get(ROUTE)?.get(name)
    return resource && RouteConfiguration.decode(resource.bytes)
  }
}

/** Stands where an address would, once a name is resolved (RFC 5737: an address that is nobody's). */
export const RESOLVED = '192.0.2.1'

/** Filters that this proxy does not have would make it refuse the chain, but Envoy runs them: they are set aside and named. */
function withoutForeign(chain: FilterChain) {
  const last = chain.filters.at(-1)
  const typed = last?.configType?.$case === 'typedConfig' ? last.configType.value : undefined
  const config = unpack(MANAGER, ManagerConfig, typed)
  if (!last || !typed || !config) return { filters: chain.filters, foreign: [], config }
  const foreign = config.httpFilters.filter(
    ({ configType }) => configType?.$case !== 'typedConfig' || !knowsFilter(messageName(configType.value.typeUrl)),
  )
  if (foreign.length === 0) return { filters: chain.filters, foreign: [], config }
  const httpFilters = config.httpFilters.filter(filter => !foreign.includes(filter))
  const value = ManagerConfig.encode({ ...config, httpFilters }).finish()
  const filters = [
    ...chain.filters.slice(0, -1),
    { ...last, configType: { $case: 'typedConfig' as const, value: { typeUrl: typed.typeUrl, value } } },
  ]
  return { filters, foreign: foreign.map(filter => filter.name), config }
}

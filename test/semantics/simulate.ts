/**
 * Follows one call through a proxy's resources by Envoy's rules: listener, filter chain, route table, virtual host, route (by path only)
 * and cluster. It looks at nothing else: no headers, weights, retries.
 */
import { Listener } from '../../src/xds/gen/envoy/config/listener/v3/listener.ts'
import type { FilterChain, ListenerFilter } from '../../src/xds/gen/envoy/config/listener/v3/listener_components.ts'
import { RouteConfiguration } from '../../src/xds/gen/envoy/config/route/v3/route.ts'
import type { Route, VirtualHost } from '../../src/xds/gen/envoy/config/route/v3/route_components.ts'
import { HttpConnectionManager } from '../../src/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { TcpProxy } from '../../src/xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts'
import type { ProxyResources } from '../../src/xds/resources/proxy.ts'
import { unpack } from '../../src/xds/wire/any.ts'
import { LISTENER, ROUTE } from '../../src/xds/wire/type-url.ts'

export interface Call {
  /** direct: to address:port. inbound, outbound: redirected to the listener for that. */
  readonly mode: string
  readonly address: string
  readonly port: number
  readonly protocol: string
  readonly tls: string
  readonly sni: string
  readonly alpn: string
  readonly host: string
  readonly path: string
}

export interface Outcome {
  readonly error: string | null
  readonly listener?: string
  readonly filterChain?: string
  readonly routeConfig?: string
  readonly virtualHost?: string
  readonly route?: string
  readonly cluster?: string
}

export function simulate(resources: ProxyResources, call: Call): Outcome {
  const listeners = [...(resources.get(LISTENER)?.values() ?? [])].map(({ bytes }) => Listener.decode(bytes))
  const listener = pickListener(listeners, call)
  if (!listener) return { error: 'NoListener' }
  const at = { listener: listener.name }
  const chains = matchChains(listener, call)
  const [chain, ...others] = chains
  if (!chain) return { error: 'NoFilterChain', ...at }
  if (others.length > 0) return { error: 'MultipleFilterChain', ...at }
  const ended = chain.transportSocket !== undefined
  if (ended && call.tls === 'plaintext') return { error: 'TLSError', ...at }
  const here = { ...at, filterChain: chain.name }
  return throughFilters(resources, chain, call, ended, here)
}

function throughFilters(
  resources: ProxyResources,
  chain: FilterChain,
  call: Call,
  ended: boolean,
  here: Outcome | object,
): Outcome {
  for (const { configType } of chain.filters) {
    const config = configType?.$case === 'typedConfig' ? configType.value : undefined
    const tcp = unpack('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', TcpProxy, config)
    if (tcp?.clusterSpecifier?.$case === 'cluster') return { error: null, ...here, cluster: tcp.clusterSpecifier.value }
    const http = unpack(
      'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
      HttpConnectionManager,
      config,
    )
    if (!http) continue
    const plain = call.tls === 'plaintext' || ended
    if (call.protocol === 'tcp' || !plain) return { error: 'ProtocolError', ...here }
    const table = tableOf(resources, http)
    if (!table) return { error: 'NoRouteConfig', ...here }
    return { ...here, ...throughRoutes(table, call, ended) }
  }
  throw new Error(`Cannot follow filter chain "${chain.name}": it has no filter that ends it`)
}

function tableOf(resources: ProxyResources, manager: HttpConnectionManager): RouteConfiguration | undefined {
  if (manager.routeSpecifier?.$case === 'routeConfig') return manager.routeSpecifier.value
  if (manager.routeSpecifier?.$case !== 'rds') return undefined
  const resource = resources.get(ROUTE)?.get(manager.routeSpecifier.value.routeConfigName)
  return resource && RouteConfiguration.decode(resource.bytes)
}

function throughRoutes(table: RouteConfiguration, call: Call, ended: boolean): Outcome {
  const at = { routeConfig: table.name }
  const host = matchHost(table, call.host)
  if (!host) return { error: 'NoVirtualHost', ...at }
  const here = { ...at, virtualHost: host.name }
  if (host.requireTls !== 0 && !ended) return { error: 'TLSRedirect', ...here }
  const route = host.routes.find(entry => matchesPath(entry, call.path))
  if (!route) return { error: 'NoRoute', ...here }
  const named = { ...here, route: route.name }
  if (route.action?.$case !== 'route') return { error: null, ...named }
  const specifier = route.action.value.clusterSpecifier
  return { error: null, ...named, ...(specifier?.$case === 'cluster' ? { cluster: specifier.value } : {}) }
}

function pickListener(listeners: readonly Listener[], call: Call): Listener | undefined {
  if (call.mode === 'inbound') return listeners.find(listener => listener.name === 'virtualInbound')
  const bound = (address: string) =>
    listeners.find(({ address: at }) => {
      const socket = at?.address?.$case === 'socketAddress' ? at.address.value : undefined
      return socket?.address === address && socket.portSpecifier?.value === call.port
    })
  return bound(call.address) ?? bound('0.0.0.0') ?? listeners.find(listener => listener.name === 'virtualOutbound')
}

interface Connection {
  readonly port: number
  readonly address: string
  readonly serverName: string
  readonly transport: string
  readonly protocols: readonly string[]
}

/** Envoy narrows the chains down by one criterion after the other, each time keeping the most specific. */
function matchChains(listener: Listener, call: Call): FilterChain[] {
  const connection = inspected(listener, call)
  const narrowing: ((chain: FilterChain) => number | undefined)[] = [
    ({ filterChainMatch: match }) =>
      match?.destinationPort === undefined ? 0 : match.destinationPort === connection.port ? 1 : undefined,
    ({ filterChainMatch: match }) => rangeMatch(match?.prefixRanges ?? [], connection.address),
    ({ filterChainMatch: match }) => nameMatch(match?.serverNames ?? [], connection.serverName),
    ({ filterChainMatch: match }) =>
      match?.transportProtocol ? (match.transportProtocol === connection.transport ? 1 : undefined) : 0,
    ({ filterChainMatch: match }) => {
      const wanted = match?.applicationProtocols ?? []
      return wanted.length === 0 ? 0 : wanted.some(protocol => connection.protocols.includes(protocol)) ? 1 : undefined
    },
  ]
  let chains = listener.filterChains
  for (const score of narrowing) {
    const scored = chains.flatMap(chain => {
      const value = score(chain)
      return value === undefined ? [] : [{ chain, value }]
    })
    const best = Math.max(...scored.map(entry => entry.value))
    chains = scored.filter(entry => entry.value === best).map(entry => entry.chain)
  }
  return chains.length === 0 && listener.defaultFilterChain ? [listener.defaultFilterChain] : chains
}

function inspected(listener: Listener, call: Call): Connection {
  const inspects = (name: string) =>
    listener.listenerFilters.some(filter => filter.name === name && !isDisabled(filter, call.port))
  const tls = call.tls !== 'plaintext' && inspects('envoy.filters.listener.tls_inspector')
  const sniffed = call.tls === 'plaintext' && inspects('envoy.filters.listener.http_inspector')
  const http = sniffed ? { http: ['http/1.1'], http2: ['h2c'] }[call.protocol] : undefined
  return {
    port: call.port,
    address: call.address,
    serverName: tls ? call.sni : '',
    transport: tls ? 'tls' : 'raw_buffer',
    protocols: tls && call.alpn ? call.alpn.split(',') : (http ?? []),
  }
}

function isDisabled({ filterDisabled }: ListenerFilter, port: number): boolean {
  const test = (predicate: ListenerFilter['filterDisabled']): boolean => {
    if (predicate?.rule?.$case === 'destinationPortRange')
      return predicate.rule.value.start <= port && port < predicate.rule.value.end
    return predicate?.rule?.$case === 'orMatch' && predicate.rule.value.rules.some(test)
  }
  return test(filterDisabled)
}

function rangeMatch(
  ranges: readonly { addressPrefix: string; prefixLen: number | undefined }[],
  address: string,
): number | undefined {
  if (ranges.length === 0) return 0
  const lengths = ranges.flatMap(({ addressPrefix, prefixLen = 32 }) =>
    bits(addressPrefix).slice(0, prefixLen) === bits(address).slice(0, prefixLen) ? [prefixLen + 1] : [],
  )
  return lengths.length > 0 ? Math.max(...lengths) : undefined
}

function bits(address: string): string {
  return address
    .split('.')
    .map(part => Number(part).toString(2).padStart(8, '0'))
    .join('')
}

/** The exact name, else the longest wildcard. */
function nameMatch(names: readonly string[], serverName: string): number | undefined {
  if (names.length === 0) return 0
  const scores = names.flatMap(name => {
    if (name === serverName) return [1000]
    return name.startsWith('*.') && serverName.endsWith(name.slice(1)) ? [name.length] : []
  })
  return scores.length > 0 ? Math.max(...scores) : undefined
}

function matchHost(table: RouteConfiguration, authority: string): VirtualHost | undefined {
  const host = (table.ignorePortInHostMatching ? authority.replace(/:\d+$/, '') : authority).toLowerCase()
  const score = (domain: string): number => {
    if (domain === host) return 100_000
    if (domain === '*') return 1
    if (domain.startsWith('*'))
      return host.endsWith(domain.slice(1)) && host.length > domain.length - 1 ? 10_000 + domain.length : 0
    return domain.endsWith('*') && host.startsWith(domain.slice(0, -1)) ? 1000 + domain.length : 0
  }
  const scored = table.virtualHosts.map(entry => ({
    entry,
    value: Math.max(...entry.domains.map(domain => score(domain.toLowerCase()))),
  }))
  return scored.filter(({ value }) => value > 0).sort((a, b) => b.value - a.value)[0]?.entry
}

function matchesPath({ match }: Route, path: string): boolean {
  const specifier = match?.pathSpecifier
  switch (specifier?.$case) {
    case 'prefix':
      return path.startsWith(specifier.value)
    case 'path':
      return path === specifier.value
    case 'safeRegex':
      return new RegExp(`^(?:${specifier.value.regex})$`).test(path)
    default:
      return false
  }
}

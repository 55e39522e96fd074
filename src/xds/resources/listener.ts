/** Listeners and the parts they are put together from: inspectors, filter chains, addresses. */

import { TrafficDirection } from '../gen/envoy/config/core/v3/base.ts'
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import {
  type FilterChain,
  ListenerFilter,
  ListenerFilterChainMatchPredicate,
} from '../gen/envoy/config/listener/v3/listener_components.ts'
import { HttpInspector } from '../gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector.ts'
import { OriginalDst } from '../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst.ts'
import { ProxyProtocol } from '../gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.ts'
import { TlsInspector } from '../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.ts'
import type { Any } from '../gen/google/protobuf/any.ts'
import { pack } from '../wire/any.ts'
import { distinctChains } from './distinct-chains.ts'
import { duration, socketAddress, ZERO } from './values.ts'

/** What the HTTP inspector calls plaintext HTTP. */
export const PLAINTEXT_HTTP = ['http/1.1', 'h2c']
export const RAW = 'raw_buffer'

export interface ListenerParts {
  readonly name: string
  readonly address: string
  readonly port: number
  /** Whether it accepts connections itself; otherwise it gets them from the listener that redirection leads to. */
  readonly bind: boolean
  readonly direction: 'inbound' | 'outbound'
  readonly chains: readonly FilterChain[]
  /** For connections that no chain matches. */
  readonly fallback?: FilterChain | undefined
  readonly inspectors?: readonly ListenerFilter[]
  /** A load balancer before it says who its clients are (ProxyConfig gatewayTopology.proxyProtocol). */
  readonly proxyProtocol?: boolean | undefined
  /** How long inspectors wait for the first bytes; 0: for ever. */
  readonly detectionTimeoutMs: number
  readonly options?: Partial<Listener>
}

/**
 * A chain without conditions beside others becomes the fallback: Envoy narrows chains down by one criterion after the other and never
 * goes back, so that such a chain would lose plaintext bytes to one for plaintext HTTP, which then does not match either.
 */
export function listener(parts: ListenerParts): Listener {
  const chains = distinctChains(parts.chains)
  const inspectors = [...(parts.proxyProtocol ? [PROXY_PROTOCOL] : []), ...(parts.inspectors ?? inspectorsFor(chains))]
  const looksAtBytes = chains.some(chain => chain.filterChainMatch?.transportProtocol)
  const catchAll = looksAtBytes ? chains.find(chain => chain.filterChainMatch === undefined) : undefined
  const timeout = parts.detectionTimeoutMs > 0 ? duration(parts.detectionTimeoutMs) : ZERO
  return Listener.fromPartial({
    name: parts.name,
    address: socketAddress(parts.address, parts.port),
    trafficDirection: parts.direction === 'inbound' ? TrafficDirection.INBOUND : TrafficDirection.OUTBOUND,
    bindToPort: parts.bind ? undefined : false,
    filterChains: chains.filter(chain => chain !== catchAll),
    defaultFilterChain: catchAll ?? parts.fallback,
    listenerFilters: inspectors,
    listenerFiltersTimeout: inspectors.length > 0 ? timeout : undefined,
    continueOnListenerFiltersTimeout: inspectors.length > 0,
    ...parts.options,
  })
}

function listenerFilter(name: string, value: Any): ListenerFilter {
  return ListenerFilter.fromPartial({ name: `envoy.filters.listener.${name}`, configType: { $case: 'typedConfig', value } })
}

const TYPES = 'envoy.extensions.filters.listener'

export const ORIGINAL_DESTINATION = listenerFilter('original_dst', pack(`${TYPES}.original_dst.v3.OriginalDst`, OriginalDst, {}))

const PROXY_PROTOCOL = listenerFilter(
  'proxy_protocol',
  pack(`${TYPES}.proxy_protocol.v3.ProxyProtocol`, ProxyProtocol, ProxyProtocol.fromPartial({})),
)

/** The first bytes of a connection decide whether it is TLS, and for which server name. */
export const TLS_INSPECTOR = listenerFilter(
  'tls_inspector',
  pack(`${TYPES}.tls_inspector.v3.TlsInspector`, TlsInspector, TlsInspector.fromPartial({})),
)

/** The first bytes decide whether it is HTTP. */
export const HTTP_INSPECTOR = listenerFilter(
  'http_inspector',
  pack(`${TYPES}.http_inspector.v3.HttpInspector`, HttpInspector, HttpInspector.fromPartial({})),
)

/** Those that these chains' conditions need. */
function inspectorsFor(chains: readonly FilterChain[]): ListenerFilter[] {
  const matches = chains.flatMap(chain => chain.filterChainMatch ?? [])
  const http = matches.some(match => match.applicationProtocols.some(protocol => PLAINTEXT_HTTP.includes(protocol)))
  const tls = http || matches.some(match => match.serverNames.length > 0 || match.transportProtocol !== '')
  return [...(tls ? [TLS_INSPECTOR] : []), ...(http ? [HTTP_INSPECTOR] : [])]
}

/** The inspector does not wait for bytes on these destination ports: the server may be the one to speak first. */
export function exceptOnPorts(inspector: ListenerFilter, ports: readonly number[]): ListenerFilter {
  if (ports.length === 0) return inspector
  const rules = ports.map(port =>
    ListenerFilterChainMatchPredicate.fromPartial({
      rule: { $case: 'destinationPortRange', value: { start: port, end: port + 1 } },
    }),
  )
  const [only, ...others] = rules
  const filterDisabled =
    only && others.length === 0
      ? only
      : ListenerFilterChainMatchPredicate.fromPartial({ rule: { $case: 'orMatch', value: { rules } } })
  return { ...inspector, filterDisabled }
}

/**
 * Filter chains for connections to a workload. This table is where mutual TLS between sidecars will add its chains and the modes that
 * PeerAuthentication chooses from; until the mesh has identities every port takes plaintext, and TLS of the application's own.
 */

import { isHttp, type Protocol } from '../../model/protocol.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { FilterChain, type FilterChainMatch } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { httpManager } from './http-manager.ts'
import type { InboundPort } from './inbound-port.ts'
import { inboundRoutes } from './inbound-routes.ts'
import { PLAINTEXT_HTTP, RAW } from './listener.ts'
import { inboundCluster, listenerName } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { tcpTo } from './tcp-proxy.ts'

interface ChainKind {
  readonly speaks: 'http' | 'bytes'
  readonly match: Partial<FilterChainMatch>
}

const BYTES: readonly ChainKind[] = [{ speaks: 'bytes', match: {} }]
const HTTP: readonly ChainKind[] = [{ speaks: 'http', match: {} }]
/** TLS on a port that is declared plain HTTP would only be an error further on: it finds no chain. */
const REDIRECTED_HTTP: readonly ChainKind[] = [{ speaks: 'http', match: { transportProtocol: RAW } }]
const DETECTED: readonly ChainKind[] = [
  { speaks: 'http', match: { transportProtocol: RAW, applicationProtocols: PLAINTEXT_HTTP } },
  // Two, and not one without a condition: see listener.ts on how Envoy chooses.
  { speaks: 'bytes', match: { transportProtocol: RAW } },
  { speaks: 'bytes', match: { transportProtocol: 'tls' } },
]

/** @param redirected chains are told apart by destination port; otherwise the port has a listener of its own */
export function inboundChains(settings: MeshSettings, inbound: InboundPort, redirected: boolean): FilterChain[] {
  return kindsFor(inbound.protocol, redirected).map(({ speaks, match }) => {
    const filterChainMatch = { ...match, ...(redirected ? { destinationPort: inbound.target } : {}) }
    return FilterChain.fromPartial({
      name: listenerName('0.0.0.0', inbound.target),
      filterChainMatch: Object.keys(filterChainMatch).length > 0 ? filterChainMatch : undefined,
      filters: [speaks === 'http' ? manager(settings, inbound) : tcpTo(settings, inboundCluster(inbound.target))],
      metadata: originMetadata(inbound.origin),
    })
  })
}

function kindsFor(protocol: Protocol, redirected: boolean): readonly ChainKind[] {
  if (protocol === 'auto') return DETECTED
  if (!isHttp(protocol)) return BYTES
  return redirected ? REDIRECTED_HTTP : HTTP
}

function manager(settings: MeshSettings, inbound: InboundPort) {
  return httpManager({
    settings,
    direction: 'inbound',
    statPrefix: `inbound_${listenerName('0.0.0.0', inbound.target)};`,
    routes: inboundRoutes(inbound),
  })
}

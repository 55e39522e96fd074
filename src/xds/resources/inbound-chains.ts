/**
 * Filter chains for connections to a workload: which kinds of connection a port takes (by its protocol and PeerAuthentication), and what
 * becomes of each. Mesh traffic is told from other TLS by its ALPN; TLS of the application's own is passed on as it came.
 */
import type { Origin } from '../../model/origin.ts'
import { type PeerMode, peerModeOf } from '../../model/peer-policy.ts'
import { isHttp, type Protocol } from '../../model/protocol.ts'
import type { RateLimit } from '../../model/rate-limit.ts'
import { FilterChain, type FilterChainMatch } from '../gen/envoy/config/listener/v3/listener_components.ts'
import type { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts'
import { httpManager } from './http-manager.ts'
import type { InboundPort } from './inbound-port.ts'
import { inboundRoutes, passthroughRoutes } from './inbound-routes.ts'
import { PLAINTEXT_HTTP, RAW } from './listener.ts'
import { inboundMeshTls, MESH_ANY, MESH_BYTES, MESH_HTTP } from './mesh-tls.ts'
import { INBOUND_PASSTHROUGH, inboundCluster, listenerName } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import type { ListeningPort } from './rbac-rules.ts'
import type { Security } from './security.ts'
import { connectionFilters } from './security-filters.ts'
import { tcpTo } from './tcp-proxy.ts'

interface ChainKind {
  readonly speaks: 'http' | 'bytes'
  readonly match: Partial<FilterChainMatch>
  /** Mutual TLS ends here. */
  readonly mesh?: boolean
}

const TLS = 'tls'
const plainHttp: ChainKind = { speaks: 'http', match: { transportProtocol: RAW } }
const plainBytes: ChainKind = { speaks: 'bytes', match: { transportProtocol: RAW } }
const foreignTls: ChainKind = { speaks: 'bytes', match: { transportProtocol: TLS } }
const detectedHttp: ChainKind = { speaks: 'http', match: { transportProtocol: RAW, applicationProtocols: PLAINTEXT_HTTP } }
const meshHttp: ChainKind = { speaks: 'http', match: { transportProtocol: TLS, applicationProtocols: MESH_HTTP }, mesh: true }
const meshBytes: ChainKind = { speaks: 'bytes', match: { transportProtocol: TLS, applicationProtocols: MESH_BYTES }, mesh: true }
const meshAnyHttp: ChainKind = { speaks: 'http', match: { transportProtocol: TLS, applicationProtocols: MESH_ANY }, mesh: true }
const anyTlsHttp: ChainKind = { speaks: 'http', match: { transportProtocol: TLS }, mesh: true }
const anyTlsBytes: ChainKind = { speaks: 'bytes', match: { transportProtocol: TLS }, mesh: true }

type Kinds = Readonly<Record<'http' | 'bytes' | 'detected', readonly ChainKind[]>>

/** By mode; undefined: the proxy has no certificate. Plaintext bytes and foreign TLS are two chains: see listener.ts on how Envoy chooses. */
const KINDS: Readonly<Record<Exclude<PeerMode, 'disable'>, Kinds>> = {
  permissive: {
    http: [meshAnyHttp, plainHttp],
    bytes: [meshBytes, foreignTls, plainBytes],
    detected: [meshHttp, detectedHttp, meshBytes, plainBytes, foreignTls],
  },
  strict: {
    http: [anyTlsHttp],
    bytes: [anyTlsBytes],
    detected: [meshHttp, anyTlsBytes],
  },
}

/**
 * Without mutual TLS. TLS on a port that is declared plain HTTP is an error: where it is switched off, HTTP is read and fails; where the
 * proxy has no certificate, the connection finds no chain.
 */
function plaintextKinds(switchedOff: boolean): Kinds {
  return {
    http: [switchedOff ? { speaks: 'http', match: {} } : plainHttp],
    bytes: [{ speaks: 'bytes', match: {} }],
    detected: [detectedHttp, plainBytes, foreignTls],
  }
}

/** @param redirected chains are told apart by destination port; otherwise the port has a listener of its own */
export function inboundChains(security: Security, inbound: InboundPort, redirected: boolean): FilterChain[] {
  return chains(security, {
    name: listenerName('0.0.0.0', inbound.target),
    protocol: inbound.protocol,
    mode: modeOf(security, inbound.target),
    port: redirected ? inbound.target : undefined,
    redirected,
    arrives: inbound.listen && { target: inbound.target, listens: inbound.listen.port },
    statPrefix: `inbound_${listenerName('0.0.0.0', inbound.target)};`,
    cluster: inboundCluster(inbound.target),
    routes: inboundRoutes(security.settings, inbound),
    rateLimits: inbound.rateLimits,
    origin: inbound.origin,
  })
}

/** Ports that no service names: on to the application as they came. @param port with a mode of its own; undefined: all others */
export function passthroughChains(security: Security, origin: Origin, port?: number): FilterChain[] {
  const made = chains(security, {
    name: 'virtualInbound',
    protocol: 'auto',
    mode: port === undefined ? security.peers?.mode : modeOf(security, port),
    port,
    redirected: true,
    statPrefix: 'inbound_0.0.0.0_0;',
    cluster: INBOUND_PASSTHROUGH,
    routes: passthroughRoutes(security.settings, origin),
    origin,
  })
  return made
}

interface Target {
  readonly name: string
  readonly protocol: Protocol
  readonly mode: PeerMode | undefined
  /** Destination port that the chains are for; undefined: any. */
  readonly port: number | undefined
  readonly redirected: boolean
  readonly arrives?: ListeningPort | undefined
  readonly statPrefix: string
  readonly cluster: string
  readonly routes: RouteConfiguration
  readonly rateLimits?: readonly RateLimit[]
  readonly origin: Origin
}

function chains(security: Security, target: Target): FilterChain[] {
  const { settings } = security
  const { statPrefix, routes, arrives, rateLimits = [] } = target
  return kindsFor(target).map(({ speaks, match, mesh }) => {
    const http = speaks === 'http'
    const filterChainMatch = { ...match, ...(target.port === undefined ? {} : { destinationPort: target.port }) }
    return FilterChain.fromPartial({
      name: http && target.cluster === INBOUND_PASSTHROUGH ? `${target.name}-catchall-http` : target.name,
      filterChainMatch: Object.keys(filterChainMatch).length > 0 ? filterChainMatch : undefined,
      filters: http
        ? [
            httpManager({
              settings,
              security,
              port: arrives,
              direction: 'inbound',
              statPrefix,
              routes,
              grpcWeb: target.protocol === 'GRPC-Web',
              rateLimits,
            }),
          ]
        : [...connectionFilters(security, arrives), tcpTo(settings, target.cluster, undefined, 'server')],
      transportSocket: mesh ? inboundMeshTls(settings, http) : undefined,
      metadata: originMetadata(target.origin),
    })
  })
}

function kindsFor({ protocol, mode, redirected }: Target): readonly ChainKind[] {
  const off = mode === undefined || mode === 'disable'
  const kinds = off ? plaintextKinds(mode === 'disable' || !redirected) : KINDS[mode]
  if (protocol === 'auto') return kinds.detected
  return isHttp(protocol) ? kinds.http : kinds.bytes
}

export function modeOf({ peers }: Security, port: number): PeerMode | undefined {
  return peers && peerModeOf(peers, port)
}

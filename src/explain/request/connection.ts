/** From a connection to what serves it: the listener, what its inspectors see, and the filter chain. */
import { Socket } from 'node:net'
import { Connection, type ConnectionFacts } from '../../proxy/listener/connection.ts'
import { Drain } from '../../proxy/listener/drain.ts'
import { AmbiguousChains, CRITERIA, FilterChainMatcher } from '../../proxy/listener/filter-chain-match.ts'
import { type FirstBytes, inspectFirst, readListenerFilters } from '../../proxy/listener/inspection.ts'
import { TrafficDirection } from '../../xds/gen/envoy/config/core/v3/base.ts'
import type { Listener } from '../../xds/gen/envoy/config/listener/v3/listener.ts'
import type { FilterChain, FilterChainMatch } from '../../xds/gen/envoy/config/listener/v3/listener_components.ts'
import { DownstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { unpack } from '../../xds/wire/any.ts'
import type { Call } from './call.ts'
import type { DryProxy, Terminal } from './dry-proxy.ts'
import type { Path } from './path.ts'

/** A connection that has found its filter chain. */
export interface Served {
  readonly listener: Listener
  readonly chain: FilterChain
  readonly terminal: Terminal
  readonly facts: ConnectionFacts
  /** TLS ends at this proxy. */
  readonly terminated: boolean
}

const CAPTURING = { inbound: 'virtualInbound', outbound: 'virtualOutbound' } as const

/** @returns undefined: the call ends here; `path` tells why */
export function connect(dry: DryProxy, call: Call, path: Path): Served | undefined {
  const listener = chooseListener(dry, call, path)
  if (!listener) return undefined
  const facts = factsOf(call)
  const chain = chooseChain(listener, facts, call, path)
  if (!chain) return undefined
  const terminated = endTls(chain, call, path)
  if (terminated === undefined) return undefined
  try {
    return { listener, chain, terminal: dry.terminal(chain), facts, terminated }
  } catch (error) {
    path.fail('NoListener', 'listener', `mizzen's proxy would refuse "${listener.name}": ${reason(error)}`)
    return undefined
  }
}

function chooseListener(dry: DryProxy, call: Call, path: Path): Listener | undefined {
  const { mode, address, port } = call
  const own = mode === 'inbound' ? undefined : dry.listenerFor(address, port)
  const capturing = CAPTURING[mode === 'inbound' ? 'inbound' : 'outbound']
  const listener = own ?? dry.listeners.find(each => each.name === capturing)
  if (listener) {
    path.names.listener = listener.name
    const why = listener === own ? '' : mode === 'inbound' ? ', as everything on its way in' : ', since no other one is for it'
    path.step('listener', `${listener.name} takes ${address}:${port}${why}`, path.causes.of(listener.metadata))
    return listener
  }
  path.fail('NoListener', 'listener', `nothing listens on ${address}:${port}`, listening(dry))
  return undefined
}

function listening(dry: DryProxy): string[] {
  const names = dry.listeners.map(listener => listener.name).filter(Boolean)
  return [names.length === 0 ? 'this proxy has no listener at all' : `there are ${names.join(', ')}`]
}

function factsOf({ mode, address, port, source }: Call): ConnectionFacts {
  return {
    remoteAddress: source ?? '127.0.0.1',
    remotePort: 40_000,
    directAddress: source ?? '127.0.0.1',
    directPort: 40_000,
    localAddress: address,
    localPort: port,
    restored: mode !== 'direct',
    transportProtocol: '',
    serverName: '',
    applicationProtocols: [],
  }
}

function firstBytes({ tls, sni, alpn, protocol }: Call): FirstBytes {
  if (tls !== 'plaintext') return { kind: 'tls', serverName: sni.toLowerCase(), protocols: alpn }
  if (protocol === 'tcp') return { kind: 'other' }
  return { kind: 'http', protocol: protocol === 'http2' ? 'h2c' : 'http/1.1' }
}

function chooseChain(listener: Listener, facts: ConnectionFacts, call: Call, path: Path): FilterChain | undefined {
  let nearest: { criterion: number; before: readonly FilterChain[] } | undefined
  try {
    inspectFirst(readListenerFilters(listener.listenerFilters, listener.useOriginalDst ?? false), facts, firstBytes(call))
    const matcher = new FilterChainMatcher(
      listener.filterChains.map(chain => ({ match: chain.filterChainMatch, name: chain.name, chain })),
    )
    const matched = matcher.match(facts, (criterion, left, before) => {
      if (left.length === 0) nearest = { criterion, before }
    })
    const chain = matched ?? listener.defaultFilterChain
    if (chain) {
      path.names.filterChain = chain.name
      const asked = askedFor(chain.filterChainMatch)
      const why = matched ? (asked.length > 0 ? `, for ${asked.join(', ')}` : '') : ', since no other one matches'
      path.step(
        'filter chain',
        `${chain.name || 'the only one'}${why}`,
        isShared(listener) ? undefined : path.causes.of(chain.metadata),
      )
      return chain
    }
  } catch (error) {
    const ambiguous = error instanceof AmbiguousChains
    path.fail(
      ambiguous ? 'MultipleFilterChain' : 'NoListener',
      'filter chain',
      `mizzen's proxy would refuse "${listener.name}": ${reason(error)}`,
    )
    return undefined
  }
  const [near] = nearest?.before ?? []
  const notes = near && nearest ? [`nearest: ${near.name || 'a chain'}, for ${askedFor(near.filterChainMatch).join(', ')}`] : []
  const lacking = nearest ? `: no chain of ${listener.name} takes ${observed(nearest.criterion, facts)}` : ''
  path.fail('NoFilterChain', 'filter chain', `none matches${lacking}`, notes, near && path.causes.of(near.metadata))
  return undefined
}

/** Its HTTP chain is for all services of a port, and names but the first of them; the route knows which one it is. */
function isShared({ name, trafficDirection }: Listener): boolean {
  return trafficDirection === TrafficDirection.OUTBOUND && name.startsWith('0.0.0.0_')
}

/** What of the connection one of the matcher's criteria looks at. */
function observed(criterion: number, facts: ConnectionFacts): string {
  const values: Readonly<Record<string, string>> = {
    'destination port': String(facts.localPort),
    'destination address': facts.localAddress,
    'server name': facts.serverName === '' ? 'none' : `"${facts.serverName}"`,
    'transport protocol': facts.transportProtocol || 'raw_buffer',
    'application protocol': facts.applicationProtocols.join(', ') || 'none',
  }
  const name = CRITERIA[criterion] ?? 'criterion'
  return `the ${name} ${values[name] ?? facts.remoteAddress}`
}

function askedFor(match: FilterChainMatch | undefined): string[] {
  if (!match) return []
  const { destinationPort, prefixRanges, serverNames, transportProtocol, applicationProtocols, sourcePrefixRanges } = match
  return [
    ...(destinationPort === undefined ? [] : [`port ${destinationPort}`]),
    ...prefixRanges.map(range => `${range.addressPrefix}/${range.prefixLen ?? 0}`),
    ...(serverNames.length > 0 ? [`server name ${serverNames.join(' or ')}`] : []),
    ...(transportProtocol === 'raw_buffer' ? ['plaintext'] : transportProtocol ? [transportProtocol.toUpperCase()] : []),
    ...(applicationProtocols.length > 0 ? [applicationProtocols.join(' or ')] : []),
    ...sourcePrefixRanges.map(range => `clients of ${range.addressPrefix}/${range.prefixLen ?? 0}`),
  ]
}

/** @returns whether TLS ends here; undefined: the handshake fails */
function endTls(chain: FilterChain, call: Call, path: Path): boolean | undefined {
  const config = chain.transportSocket?.configType?.value
  const tls = unpack('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', DownstreamTlsContext, config)
  if (!tls) return false
  if (call.tls === 'plaintext') {
    path.fail('TLSError', 'TLS', 'this chain ends TLS, and the call is plaintext')
    return undefined
  }
  const demanded = tls.requireClientCertificate ?? false
  const secret = tls.commonTlsContext?.tlsCertificateSdsSecretConfigs[0]?.name
  const mutual = demanded && (call.mtlsSecret === undefined || secret === call.mtlsSecret)
  const fails = call.mtlsSecret === undefined ? mutual && call.tls !== 'mtls' : mutual !== (call.tls === 'mtls')
  if (fails) {
    path.fail(
      'MTLSError',
      'TLS',
      mutual
        ? 'this chain demands a certificate of the mesh, and the call has none'
        : 'the call is for mutual TLS within the mesh, and this chain has another certificate',
    )
    return undefined
  }
  const certificate = secret === undefined ? '' : ` with certificate ${secret}`
  path.step('TLS', `ends here${certificate}${demanded ? '; the client has to show one too' : ''}`)
  return true
}

/** The connection as filters see it; its socket belongs to nobody. */
export function connectionOf({ facts, terminated }: Served, { alpn, principal }: Call): Connection {
  const peer = principal === undefined ? undefined : { ...NO_CERTIFICATE, uriSans: [principal] }
  return new Connection(facts, new Socket(), new Drain(), terminated ? { alpn: alpn[0] ?? '', peer } : undefined)
}

const NO_CERTIFICATE = { dnsSans: [], subject: '', issuer: '', sha256: '', serial: '', validFrom: 0, validUntil: 0, pem: '' }

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

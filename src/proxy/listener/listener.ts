/**
 * A Listener resource in use: from the accepted socket to the filter chain that serves it.
 */
import type { Socket } from 'node:net'
import { systemClock } from '../../lib/clock.ts'
import { logLimit } from '../../lib/log-limit.ts'
import { Timer } from '../../lib/timer-wheel.ts'
import type { Listener as Config } from '../../xds/gen/envoy/config/listener/v3/listener.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import type { ProxyContext } from '../context.ts'
import type { ProxiedAddresses } from '../proxy-protocol/header.ts'
import { takeProxyHeader } from '../proxy-protocol/listener-filter.ts'
import { ProxyProtocolStats } from '../proxy-protocol/stats.ts'
import { Connection, type ConnectionFacts } from './connection.ts'
import type { FilterChain } from './filter-chain.ts'
import type { FilterChainMatcher } from './filter-chain-match.ts'
import { buildChains } from './filter-chains.ts'
import { inspect } from './inspect.ts'
import { Inspection, type InspectionPlan, readListenerFilters } from './inspection.ts'
import { type ListenAddress, listenAddress, listenerStatName } from './listen-address.ts'
import { ListenerStats } from './listener-stats.ts'
import type { BuildNetworkFilter } from './network-filters.ts'
import { type FindDestination, originalDestinationFinder } from './original-destination.ts'
import type { HandshakeFailure } from './tls-termination.ts'

/** The listener that a redirected connection belongs to; undefined: the one that accepted it. */
export type FindListener = (address: string, port: number) => Listener | undefined

/** Envoy's default of listener_filters_timeout. */
const INSPECTION_TIMEOUT_MS = 15_000
const BACKLOG = 1024

export class Listener {
  readonly name: string
  readonly address: ListenAddress
  /** false: gets only connections handed over by a listener with use_original_dst. */
  readonly bindToPort: boolean
  readonly chains: readonly FilterChain[]
  readonly stats: ListenerStats
  /** Connections that wait to be accepted. */
  readonly backlog: number
  readonly #context: ProxyContext
  readonly #matcher: FilterChainMatcher<FilterChain>
  readonly #defaultChain: FilterChain | undefined
  readonly #plan: InspectionPlan
  readonly #originalDestination: FindDestination | undefined
  readonly #proxyStats: ProxyProtocolStats
  readonly #timeoutMs: number
  readonly #goesOnUninspected: boolean
  readonly #handsOver: boolean
  readonly #tellRefusal: (line: () => string) => void

  /** @param before the version in use: filter chains that did not change are taken over @throws with a reason: becomes a NACK */
  constructor(config: Config, context: ProxyContext, build: BuildNetworkFilter, before: Listener | undefined) {
    this.name = config.name
    this.address = listenAddress(config)
    this.bindToPort = config.bindToPort ?? config.deprecatedV1?.bindToPort ?? true
    this.#context = context
    const refused = (line: string) => context.log('warning', 'tls', line)
    this.#tellRefusal = logLimit(refused, count => `${count} more handshakes failed at listener "${this.name}"`, systemClock)
    this.#handsOver = config.useOriginalDst ?? false
    this.#plan = readListenerFilters(config.listenerFilters, this.#handsOver)
    this.#originalDestination = this.#plan.originalDestination && originalDestinationFinder()
    this.backlog = config.tcpBacklogSize ?? BACKLOG
    this.#goesOnUninspected = config.continueOnListenerFiltersTimeout
    this.#timeoutMs = durationMs(config.listenerFiltersTimeout) ?? INSPECTION_TIMEOUT_MS
    const { chains, matcher, defaultChain } = buildChains(config, context, build, before?.chains ?? [])
    this.chains = chains
    this.#matcher = matcher
    this.#defaultChain = defaultChain
    this.#proxyStats = context.stats.shared(ProxyProtocolStats, {
      prefix: 'proxy_proto',
      family: 'envoy_proxy_proto',
      labels: {},
    })
    this.stats = context.stats.shared(ListenerStats, {
      prefix: `listener.${config.statPrefix || listenerStatName(this.address)}`,
      family: 'envoy_listener',
      labels: { envoy_listener_address: config.statPrefix || listenerStatName(this.address) },
    })
  }

  /** An accepted socket, paused. @param find where redirected connections go */
  accept(socket: Socket, find: FindListener): void {
    const direct = unmapped(socket.remoteAddress ?? '')
    const facts: ConnectionFacts = {
      remoteAddress: direct,
      remotePort: socket.remotePort ?? 0,
      directAddress: direct,
      directPort: socket.remotePort ?? 0,
      localAddress: unmapped(socket.localAddress ?? ''),
      localPort: socket.localPort ?? 0,
      restored: false,
      transportProtocol: '',
      serverName: '',
      applicationProtocols: [],
    }
    if (this.#originalDestination !== undefined) this.#restore(socket, facts, this.#originalDestination)
    const target = facts.restored && this.#handsOver ? find(facts.localAddress, facts.localPort) : undefined
    ;(target ?? this).#unwrap(socket, facts)
  }

  #restore(socket: Socket, facts: ConnectionFacts, find: FindDestination): void {
    const destination = this.#plan.originalDestination?.(facts) ? undefined : find(socket)
    if (destination === undefined) return
    // A connection that came here directly has its own address as original destination.
    if (destination.address === facts.localAddress && destination.port === facts.localPort) return
    facts.localAddress = destination.address
    facts.localPort = destination.port
    facts.restored = true
  }

  /** Who the client is comes first, where somebody before us says so. */
  #unwrap(socket: Socket, facts: ConnectionFacts): void {
    const settings = this.#plan.proxyProtocol
    if (settings === undefined) {
      this.#inspect(socket, facts)
      return
    }
    const { timers } = this.#context
    // Errors of the socket end in 'close'; without a listener they would end the process.
    const ignore = () => {}
    socket.on('error', ignore)
    const onTimer = () => {
      stop()
      socket.off('error', ignore)
      this.stats.downstream_pre_cx_timeout++
      if (this.#goesOnUninspected) this.#inspect(socket, facts)
      else socket.destroy()
    }
    const timer = new Timer({ onTimer }, 'PROXY header')
    const settled = (next: () => void) => {
      timers.stop(timer)
      socket.off('error', ignore)
      next()
    }
    const stop = takeProxyHeader(socket, settings, this.#proxyStats, {
      onHeader: addresses => settled(() => this.#introduced(socket, facts, addresses)),
      onRefused: () => settled(() => socket.destroy()),
    })
    if (this.#timeoutMs > 0) timers.start(timer, this.#timeoutMs)
  }

  #introduced(socket: Socket, facts: ConnectionFacts, addresses: ProxiedAddresses | undefined): void {
    if (addresses !== undefined) {
      facts.remoteAddress = addresses.sourceAddress
      facts.remotePort = addresses.sourcePort
      facts.restored ||= addresses.destinationAddress !== facts.localAddress || addresses.destinationPort !== facts.localPort
      facts.localAddress = addresses.destinationAddress
      facts.localPort = addresses.destinationPort
    }
    this.#inspect(socket, facts)
  }

  #inspect(socket: Socket, facts: ConnectionFacts): void {
    const inspection = new Inspection(this.#plan, facts)
    if (!inspection.needsBytes) {
      this.#choose(socket, facts)
      return
    }
    inspect(socket, inspection, this.#timeoutMs, this.#context.timers, this.stats, outcome => {
      if (outcome === 'closed' || (outcome === 'timeout' && !this.#goesOnUninspected)) socket.destroy()
      else this.#choose(socket, facts)
    })
  }

  #choose(socket: Socket, facts: ConnectionFacts): void {
    const chain = this.#matcher.match(facts) ?? this.#defaultChain
    if (chain === undefined) {
      this.stats.no_filter_chain_match++
      socket.destroy()
      return
    }
    if (chain.tls === undefined) this.#serve(chain, new Connection(facts, socket, chain.drain))
    else
      chain.tls.terminate(socket, facts.applicationProtocols, (terminated, failure) => {
        if (terminated !== undefined) this.#serve(chain, new Connection(facts, terminated.socket, chain.drain, terminated))
        else if (failure !== undefined) this.#refused(facts, failure)
      })
  }

  #refused({ remoteAddress, localPort }: ConnectionFacts, { kind, reason }: HandshakeFailure): void {
    this.stats[`ssl_${kind}`]++
    this.#tellRefusal(() => `refuses ${remoteAddress} at port ${localPort}: ${reason}`)
  }

  #serve(chain: FilterChain, connection: Connection): void {
    const { stats } = this
    const startedAt = performance.now()
    stats.downstream_cx_total++
    stats.downstream_cx_active++
    let over = false
    const open = chain.filter.accept(connection, ended => {
      over = true
      chain.open.delete(ended)
      stats.downstream_cx_active--
      stats.downstream_cx_destroy++
      stats.downstream_cx_length_ms.record(performance.now() - startedAt)
    })
    // It may have ended before it began: nowhere to go.
    if (!over) chain.open.add(open)
  }
}

/** "::ffff:10.0.0.1" of a socket for both families is the IPv4 address it carries. */
function unmapped(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

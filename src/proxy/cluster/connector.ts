/**
 * Makes the connections of a cluster: resolves the host's name if it has only that, opens the socket with the cluster's options, wraps it
 * in TLS and hands it to the codec.
 */
import { isIPv6, type NetConnectOpts, type Socket } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { Cluster_DnsLookupFamily } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { Http1ClientConnection } from '../http1/client-connection.ts'
import { DEFAULT_HEAD_LIMITS } from '../http1/head-reader.ts'
import { Http2ClientConnection } from '../http2/client-connection.ts'
import type { Http2Options } from '../http2/options.ts'
import { SHARED, SHARED_STREAMS } from '../http2/shared-connection.ts'
import type { Http2Stats } from '../http2/stats.ts'
import { acceptTransport } from '../net/accept.ts'
import { type ConnectAttempt, connectTransport } from '../net/connect.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { PooledConnection } from '../pool/pooled-connection.ts'
import { type ProxiedAddresses, type ProxyVersion, writeProxyHeader } from '../proxy-protocol/header.ts'
import type { HostTarget } from './cluster-host.ts'
import { notePrincipals, type Principals } from './host-principals.ts'
import type { Resolver } from './resolver.ts'
import { connectSocket, type Ends, type Preface } from './socket-attempt.ts'
import type { TransportSocket } from './transport-socket.ts'

export interface ConnectorSettings {
  /** Milliseconds; 0: no limit. Covers TCP, TLS and HTTP/2's SETTINGS, not name resolution. */
  readonly connectTimeoutMs: number
  /** Local address to connect from, for hosts of its family. */
  readonly sourceAddress: string | undefined
  /** Milliseconds of silence until the kernel probes a connection; undefined: it does not. */
  readonly keepAliveMs: number | undefined
  /** Connections begin with this header. */
  readonly proxyProtocol: ProxyVersion | undefined
  readonly dnsFamily: Cluster_DnsLookupFamily
  readonly http2: Http2Options
}

/** What ClusterContext has for it. */
export interface ConnectorContext {
  readonly clock: Clock
  readonly random: () => number
  readonly resolver: Resolver
}

/** What a codec is chosen by. 'auto': what TLS agrees on; 'shared': as http1, unless the peer shares connections (shared-connection.ts). */
export type CodecChoice = 'http1' | 'http2' | 'auto' | 'shared'

export interface TlsName {
  readonly sni: string | undefined
  readonly verifySni: boolean
}

/** What a host must tell of itself to be connected to. */
export interface ConnectorTarget {
  readonly target: HostTarget
  readonly address: string
  readonly transportSocket: TransportSocket
  /** Noted at the first connection with TLS. */
  principals?: Principals | undefined
}

export interface TransportListener {
  /** Set `transport.handler` before returning. */
  onTransport(transport: Transport): void
  onTransportFailed(error: Error): void
}

const ALPN: Readonly<Record<CodecChoice, readonly string[]>> = {
  http1: ['http/1.1'],
  http2: ['h2'],
  auto: ['h2', 'http/1.1'],
  shared: ['http/1.1'],
}

export class Connector {
  readonly #settings: ConnectorSettings
  readonly #context: ConnectorContext
  readonly #http2Stats: () => Http2Stats

  constructor(settings: ConnectorSettings, context: ConnectorContext, http2Stats: () => Http2Stats) {
    this.#http2Stats = http2Stats
    this.#settings = settings
    this.#context = context
  }

  /** A connection for a pool. */
  http(host: ConnectorTarget, choice: CodecChoice, name: TlsName, pooled: PooledConnection): ConnectAttempt {
    const failed = (error: Error) => pooled.failed(error, false)
    return this.#resolved(host, failed, target => {
      const tls = host.transportSocket?.attempt({
        ...name,
        target: host.address,
        alpn: ALPN[choice],
        ...(choice === 'shared' && { prefer: SHARED }),
      })
      if (host.transportSocket && !tls) return withoutSecrets(failed)
      const made = (transport: Transport, agreed: unknown) =>
        pooled.established(
          choice === 'http2' || agreed === 'h2' || agreed === SHARED
            ? this.#http2(transport, pooled, agreed === SHARED)
            : http1(transport, pooled),
        )
      // Of a connection that carries requests of many clients nobody can say who the client is.
      if (!tls) return this.#plain(target, undefined, transport => made(transport, undefined), failed)
      const heard = {
        onSocket: (socket: Socket) => {
          notePrincipals(host, socket)
          made(acceptTransport(socket, NOBODY), 'alpnProtocol' in socket ? socket.alpnProtocol : undefined)
        },
        onSocketFailed: failed,
      }
      return connectSocket(target, tls, heard, this.#preface(undefined))
    })
  }

  /** A connection of its own, for the TCP proxy. */
  tcp(host: ConnectorTarget, listener: TransportListener, client: ProxiedAddresses | undefined): ConnectAttempt {
    const failed = (error: Error) => listener.onTransportFailed(error)
    return this.#resolved(host, failed, target => {
      const tls = host.transportSocket?.attempt({ target: host.address, sni: undefined, verifySni: false, alpn: [] })
      if (host.transportSocket && !tls) return withoutSecrets(failed)
      if (!tls) return this.#plain(target, client, transport => listener.onTransport(transport), failed)
      const heard = {
        onSocket: (socket: Socket) => {
          notePrincipals(host, socket)
          listener.onTransport(acceptTransport(socket, NOBODY))
        },
        onSocketFailed: failed,
      }
      return connectSocket({ ...target, allowHalfOpen: true }, tls, heard, this.#preface(client))
    })
  }

  #http2(transport: Transport, pooled: PooledConnection, shared: boolean): Http2ClientConnection {
    const { clock, random } = this.#context
    const { http2 } = this.#settings
    const options = shared ? { ...http2, maxConcurrentStreams: SHARED_STREAMS } : http2
    const setup = { options, limits: DEFAULT_HEAD_LIMITS, flushTimeoutMs: 0, clock, random, stats: this.#http2Stats() }
    return new Http2ClientConnection(transport, { ...setup, owner: pooled, shared, onProtocolError() {} })
  }

  /** What a connection begins with; undefined: nothing. @param client whose it is; undefined: nobody's, so it speaks for itself, as in Envoy */
  #preface(client: ProxiedAddresses | undefined): Preface | undefined {
    const version = this.#settings.proxyProtocol
    if (version === undefined) return undefined
    return own => writeProxyHeader(version, client ?? (version === 1 ? ownAddresses(own) : undefined))
  }

  #plain(
    target: NetTarget,
    client: ProxiedAddresses | undefined,
    connected: (transport: Transport) => void,
    failed: (error: Error) => void,
  ): ConnectAttempt {
    const preface = this.#preface(client)
    const onConnected = (transport: Transport) => {
      if (preface) transport.write(preface(transport))
      connected(transport)
    }
    const listener = { onConnected, onConnectFailed: failed }
    return connectTransport(target, { timeoutMs: 0 }, listener)
  }

  /** Calls `connect` at once for addresses, and after its name is resolved for a host that has only a name. */
  #resolved(
    host: ConnectorTarget,
    failed: (error: Error) => void,
    connect: (target: NetTarget) => ConnectAttempt,
  ): ConnectAttempt {
    const { target } = host
    if ('path' in target) return connect({ path: target.path })
    if (target.ip !== undefined) return connect(this.#tcpTarget(target.ip, target.port))
    let attempt: ConnectAttempt | undefined
    const cancelLookup = this.#context.resolver.resolve(target.name, this.#settings.dnsFamily, (error, [ip]) => {
      if (ip === undefined) failed(error ?? new Error(`Cannot resolve "${target.name}"`))
      else attempt = connect(this.#tcpTarget(ip, target.port))
    })
    return {
      cancel() {
        cancelLookup()
        attempt?.cancel()
      },
    }
  }

  #tcpTarget(ip: string, port: number): TcpTarget {
    const { sourceAddress, keepAliveMs } = this.#settings
    return {
      host: ip,
      port,
      ...(sourceAddress !== undefined && isIPv6(sourceAddress) === isIPv6(ip) && { localAddress: sourceAddress }),
      ...(keepAliveMs !== undefined && { keepAlive: true, keepAliveInitialDelay: keepAliveMs }),
    }
  }
}

/** As Envoy's version 1 header has them. */
function ownAddresses({ localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 }: Ends): ProxiedAddresses {
  return { sourceAddress: localAddress, sourcePort: localPort, destinationAddress: remoteAddress, destinationPort: remotePort }
}

/** The options of net.connect that are used. */
interface TcpTarget {
  readonly host: string
  readonly port: number
  readonly localAddress?: string
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelay?: number
}

type NetTarget = NetConnectOpts & ({ readonly path: string } | TcpTarget)

/** Nothing to show to the peer, or nothing to verify it by. Fails later, as the caller expects. */
function withoutSecrets(failed: (error: Error) => void): ConnectAttempt {
  const timer = setImmediate(() => failed(new Error('TLS secrets are not there yet')))
  return { cancel: () => clearImmediate(timer) }
}

function http1(transport: Transport, pooled: PooledConnection): Http1ClientConnection {
  return new Http1ClientConnection(transport, { limits: DEFAULT_HEAD_LIMITS, owner: pooled, onProtocolError() {} })
}

/** Until the codec, or the TCP proxy, has set its own. */
const NOBODY: TransportHandler = { onBytes() {}, onEnd() {}, onWritable() {}, onClosed() {} }

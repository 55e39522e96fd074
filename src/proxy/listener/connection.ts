/**
 * A downstream connection as the network filters get it: its socket, and what the listener filters found out about it.
 */
import type { Socket } from 'node:net'
import type { DynamicMetadata } from '../metadata/dynamic.ts'
import type { ProxiedAddresses } from '../proxy-protocol/header.ts'
import type { Peer } from '../tls/peer.ts'
import type { Drain } from './drain.ts'

/** What is known of a connection before a byte of it is interpreted; filter chains are matched by it. */
export interface ConnectionFacts {
  /** The client: who connected, or whom a PROXY protocol header names. */
  remoteAddress: string
  remotePort: number
  /** Who connected. */
  readonly directAddress: string
  readonly directPort: number
  /** Where the client wanted to go: what original_dst restored, else the address it reached. */
  localAddress: string
  localPort: number
  /** original_dst found another destination than the socket's own address. */
  restored: boolean
  /** "tls" or "raw_buffer" when an inspector looked; empty: nobody did, which matches as "raw_buffer". */
  transportProtocol: '' | 'tls' | 'raw_buffer'
  /** SNI, in lower case; empty when there is none. */
  serverName: string
  /** ALPN of a TLS client hello, or what http_inspector saw: "http/1.0", "http/1.1", "h2c". */
  applicationProtocols: readonly string[]
}

/** As the PROXY protocol names them. */
export function addressesOf(facts: ConnectionFacts): ProxiedAddresses {
  const { remoteAddress, remotePort, localAddress, localPort } = facts
  return { sourceAddress: remoteAddress, sourcePort: remotePort, destinationAddress: localAddress, destinationPort: localPort }
}

export class Connection {
  static #last = 0
  /** Counts up in this process: %CONNECTION_ID%. */
  readonly id = ++Connection.#last
  readonly facts: ConnectionFacts
  /** Paused; bytes that were looked at have been given back. A TLS socket where TLS was terminated here. */
  readonly socket: Socket
  readonly secure: boolean
  /** The protocol agreed on by ALPN, where TLS was terminated; empty otherwise. */
  readonly alpn: string
  /** Who the client is, where TLS was terminated and it showed a certificate, which has verified if anything was to be verified. */
  readonly peer: Peer | undefined
  /** SPIFFE ids of the certificate that the client was shown; none where TLS was not terminated here. */
  readonly ownUriSans: readonly string[]
  /** Whether new work should be refused: the filter chain it came by is on its way out. */
  readonly drain: Drain
  /** What network filters left behind for those after them; undefined: nothing. */
  metadata: DynamicMetadata | undefined

  /** @param tls where it was terminated */
  constructor(
    facts: ConnectionFacts,
    socket: Socket,
    drain: Drain,
    tls?: { readonly alpn: string; readonly peer: Peer | undefined; readonly ownUriSans?: readonly string[] },
  ) {
    this.facts = facts
    this.socket = socket
    this.drain = drain
    this.secure = tls !== undefined
    this.alpn = tls?.alpn ?? ''
    this.peer = tls?.peer
    this.ownUriSans = tls?.ownUriSans ?? []
  }

  /** "ip:port" that the client meant to reach, where original_dst found it out. */
  get originalDestination(): string | undefined {
    const { restored, localAddress, localPort } = this.facts
    if (!restored) return undefined
    return localAddress.includes(':') ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`
  }
}

/** What a filter chain ends in: a connection manager, a TCP proxy ... Built when configuration arrives, shared by its connections. */
export interface TerminalFilter {
  /** Routes that come apart from the listener (RDS): it waits for them before it accepts. */
  readonly routeSource?: { readonly name: string | undefined; readonly table: unknown }
  /** Who gets the connections that this one lets through. */
  readonly next?: TerminalFilter
  /** Takes the connection over. @param closed to be called once when it has ended */
  accept(connection: Connection, closed: (ended: OpenConnection) => void): OpenConnection
}

/** The filter that a chain ends in, behind those that only refuse connections. */
export function endOf(filter: TerminalFilter): TerminalFilter {
  return filter.next === undefined ? filter : endOf(filter.next)
}

/** A connection that is being served, for draining and for the end of the process. */
export interface OpenConnection {
  /** Nothing more happens on it once what is under way has ended. */
  drain(): void
  destroy(): void
  /** Requests under way; 1 for a connection that has no requests. */
  readonly active: number
}

/** For tests: connections of the codec on real sockets, with the settings that do not matter filled in. */
import * as net from 'node:net'
import { systemClock } from '../../lib/clock.ts'
import type { ClientConnectionOwner, OnRequest } from '../http/stream.ts'
import { acceptTransport } from '../net/accept.ts'
import { type ConnectTarget, connectTransport } from '../net/connect.ts'
import type { Transport } from '../net/transport.ts'
import { Http2ClientConnection } from './client-connection.ts'
import type { Http2Setup } from './connection.ts'
import { type Http2Options, http2Options } from './options.ts'
import { Http2ServerConnection } from './server-connection.ts'

export const LIMITS = { maxHeadBytes: 60 * 1024, maxFields: 100 }

export function setup(options: Partial<Http2Options> = {}): Http2Setup {
  return { options: { ...http2Options(), ...options }, limits: LIMITS, flushTimeoutMs: 0, clock: systemClock, random: () => 0.5 }
}

export interface ServerEvents {
  readonly onRequest: OnRequest
  readonly onClosed?: () => void
  readonly onProtocolError?: (reason: string) => void
}

/** @param wire an accepted socket, or a transport */
export function serverConnection(
  wire: net.Socket | Transport,
  events: ServerEvents,
  options: Partial<Http2Options> = {},
): Http2ServerConnection {
  const transport = wire instanceof net.Socket ? acceptTransport(wire, UNHEARD) : wire
  return new Http2ServerConnection(transport, {
    ...setup(options),
    scheme: 'http',
    onRequest: events.onRequest,
    onProtocolError: events.onProtocolError ?? (() => {}),
    onClosed: events.onClosed ?? (() => {}),
  })
}

export function clientConnection(
  transport: Transport,
  owner: ClientConnectionOwner,
  options: Partial<Http2Options> = {},
): Http2ClientConnection {
  return new Http2ClientConnection(transport, { ...setup(options), owner, onProtocolError() {} })
}

export function connected(target: ConnectTarget): Promise<Transport> {
  return new Promise((resolve, reject) => {
    connectTransport(target, { timeoutMs: 0 }, { onConnected: resolve, onConnectFailed: reject })
  })
}

const UNHEARD = { onBytes() {}, onEnd() {}, onWritable() {}, onClosed() {} }

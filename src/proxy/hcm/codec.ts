/**
 * Which HTTP a connection speaks, and the codec for it.
 */

import { systemClock } from '../../lib/clock.ts'
import type { OnRequest, ServerConnection } from '../http/stream.ts'
import type { ProtocolErrorCode } from '../http1/protocol-error.ts'
import { Http1ServerConnection } from '../http1/server-connection.ts'
import { PREFACE } from '../http2/frame.ts'
import { Http2ServerConnection } from '../http2/server-connection.ts'
import { SHARED } from '../http2/shared-connection.ts'
import type { Connection } from '../listener/connection.ts'
import { peek } from '../listener/peek.ts'
import { acceptTransport } from '../net/accept.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { ManagerServices } from './services.ts'

export type Protocol = 'HTTP/1.1' | 'HTTP/2'

/** A limit that is never reached, for timers that are off in the configuration. */
const NEVER_MS = 2 ** 40

/** @param found undefined: the client left before it could be told */
export function protocolOf(
  connection: Connection,
  codec: 'auto' | 'http1' | 'http2',
  found: (protocol: Protocol | undefined) => void,
): void {
  if (codec !== 'auto') found(codec === 'http2' ? 'HTTP/2' : 'HTTP/1.1')
  else if (connection.alpn !== '') found(connection.alpn === 'h2' || connection.alpn === SHARED ? 'HTTP/2' : 'HTTP/1.1')
  else if (!connection.secure && connection.facts.applicationProtocols.length > 0)
    found(connection.facts.applicationProtocols.includes('h2c') ? 'HTTP/2' : 'HTTP/1.1')
  else {
    const decided = (bytes: Buffer) => bytes.length >= PREFACE.length || !isPrefaceSoFar(bytes)
    peek(connection.socket, PREFACE.length, decided, bytes => {
      found(bytes && (isPrefaceSoFar(bytes) ? 'HTTP/2' : 'HTTP/1.1'))
    })
  }
}

function isPrefaceSoFar(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, PREFACE.length)
  return bytes.compare(PREFACE, 0, length, 0, length) === 0
}

/** What a connection hears of its codec. */
export interface CodecEvents {
  readonly onRequest: OnRequest
  /** The codec has answered what is no request, or not the rest of one. */
  readonly onProtocolError: (code: ProtocolErrorCode) => void
  /** The HTTP/2 connection, or a stream of it, was ended because the client broke the protocol or a limit. */
  readonly onHttp2Error: () => void
  readonly onClosed: () => void
}

export function openCodec(
  protocol: Protocol,
  connection: Connection,
  services: ManagerServices,
  events: CodecEvents,
): ServerConnection {
  const { options } = services
  const scheme = connection.secure ? 'https' : 'http'
  const limits = { maxHeadBytes: options.maxRequestHeadersBytes, maxFields: options.maxHeadersCount }
  // The codec becomes the handler when it is built; nothing is read before this function returns.
  const transport: Transport = acceptTransport(connection.socket, UNHEARD)
  if (protocol === 'HTTP/2')
    return new Http2ServerConnection(transport, {
      scheme,
      shared: connection.alpn === SHARED,
      options: options.http2,
      limits,
      flushTimeoutMs: options.streamIdleTimeoutMs,
      clock: systemClock,
      random: services.random,
      stats: services.http2Stats,
      onRequest: events.onRequest,
      onProtocolError: events.onHttp2Error,
      onClosed: events.onClosed,
    })
  return new Http1ServerConnection(transport, {
    scheme,
    limits,
    // A head that never ends is a stream that is idle, or a connection that is.
    headTimeoutMs: options.requestHeadersTimeoutMs || options.streamIdleTimeoutMs || options.connectionIdleTimeoutMs || NEVER_MS,
    idleTimeoutMs: options.connectionIdleTimeoutMs || NEVER_MS,
    timers: services.timers,
    onRequest: events.onRequest,
    onProtocolError: events.onProtocolError,
    onClosed: events.onClosed,
  })
}

const UNHEARD: TransportHandler = { onBytes() {}, onEnd() {}, onWritable() {}, onClosed() {} }

/**
 * Which HTTP a connection speaks, and the codec for it.
 */
import type { OnRequest, ServerConnection } from '../http/stream.ts'
import type { ProtocolErrorCode } from '../http1/protocol-error.ts'
import { Http1ServerConnection } from '../http1/server-connection.ts'
import { Http2ServerConnection } from '../http2/server-connection.ts'
import type { Connection } from '../listener/connection.ts'
import { peek } from '../listener/peek.ts'
import { acceptTransport } from '../net/accept.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { ManagerServices } from './services.ts'

export type Protocol = 'HTTP/1.1' | 'HTTP/2'

/** What an HTTP/2 client that knows its server sends first (RFC 9113 section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** A limit that is never reached, for timers that are off in the configuration. */
const NEVER_MS = 2 ** 40

/** @param found undefined: the client left before it could be told */
export function protocolOf(
  connection: Connection,
  codec: 'auto' | 'http1' | 'http2',
  found: (protocol: Protocol | undefined) => void,
): void {
  if (codec !== 'auto') found(codec === 'http2' ? 'HTTP/2' : 'HTTP/1.1')
  else if (connection.alpn !== '') found(connection.alpn === 'h2' ? 'HTTP/2' : 'HTTP/1.1')
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
  if (protocol === 'HTTP/2') return new Http2ServerConnection(connection.socket, scheme, options.http2, events)
  // The codec becomes the handler when it is built; nothing is read before this function returns.
  const transport: Transport = acceptTransport(connection.socket, UNHEARD)
  return new Http1ServerConnection(transport, {
    scheme,
    limits: { maxHeadBytes: options.maxRequestHeadersBytes, maxFields: options.maxHeadersCount },
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

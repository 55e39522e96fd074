/**
 * A downstream HTTP/2 connection over node:http2, behind the codec seam.
 */
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { OnRequest, RequestHead, ResponseHead, ServerConnection, ServerStream } from '../http/stream.ts'
import { emptyFields, readFields, writeFields } from './fields.ts'
import { nodeHttp2 } from './node-http2.ts'
import { type Http2Options, SESSION_OPTIONS } from './options.ts'
import { PROTOCOL_ERROR } from './reset-codes.ts'
import { Http2StreamBase, type StreamOwner } from './stream-base.ts'
import { addWebSocketKey } from './websocket-handshake.ts'

/** Announced first when draining: streams that are already on their way are still accepted (RFC 9113 section 6.8). */
const LAST_STREAM_ID = 2 ** 31 - 1

/** The date is the origin's matter. (`sendDate` is missing in the types.) */
const WITHOUT_BODY = { endStream: true, sendDate: false }
const WITH_BODY = { waitForTrailers: true, sendDate: false }

export interface ServerConnectionListener {
  readonly onRequest: OnRequest
  /** The connection has ended, and each of its streams has heard so. */
  readonly onClosed: () => void
}

export class Http2ServerConnection implements ServerConnection, StreamOwner {
  readonly protocol = 'HTTP/2'
  active = 0
  readonly #session: ServerHttp2Session
  #draining = false

  /**
   * @param socket accepted, nothing of it consumed: bytes that were looked at are given back by `socket.unshift` before. Taken over by
   * the connection, as is its end.
   * @param scheme of the transport: "https" after TLS was terminated here
   */
  constructor(socket: Duplex, scheme: 'http' | 'https', options: Http2Options, listener: ServerConnectionListener) {
    const session = nodeHttp2().performServerHandshake(socket, {
      ...SESSION_OPTIONS,
      settings: {
        maxConcurrentStreams: options.maxConcurrentStreams,
        initialWindowSize: options.initialStreamWindowSize,
        enableConnectProtocol: options.allowConnect,
      },
    })
    this.#session = session
    // A socket accepted with pauseOnConnect, or paused by who looked at its first bytes, does not read until asked.
    socket.read(0)
    session.setLocalWindowSize(options.initialConnectionWindowSize)
    session.on('stream', (node, _fields, flags, raw) => {
      const last = (flags & nodeHttp2().constants.NGHTTP2_FLAG_END_STREAM) !== 0
      this.active++
      new Http2ServerStream(node, this, last).start(requestHead(raw, scheme), listener.onRequest)
    })
    // A peer that half-closes is gone: it could not even acknowledge what it gets. Sockets accepted half-open would stay forever.
    socket.on('end', () => session.destroy())
    // An error is always followed by 'close'.
    session.on('error', () => {})
    // Streams are told on their own 'close', which may come after the session's.
    session.on('close', () => setImmediate(listener.onClosed))
  }

  get closed(): boolean {
    return this.#session.destroyed
  }

  /**
   * Two GOAWAYs: the first asks for no new streams; the second, when the peer has shown by its PING answer that it read the first,
   * names the last stream that was accepted. No stream is refused in between.
   */
  drain(): void {
    if (this.#draining || this.closed) return
    this.#draining = true
    this.#session.goaway(0, LAST_STREAM_ID)
    this.#session.ping(() => {
      if (!this.#session.destroyed) this.#session.close()
    })
  }

  destroy(): void {
    this.#session.destroy()
  }

  onStreamClosed(): void {
    this.active--
  }
}

class Http2ServerStream extends Http2StreamBase<ServerHttp2Stream> implements ServerStream {
  readonly connection: ServerConnection
  #last: boolean
  #extendedConnect = false

  constructor(node: ServerHttp2Stream, connection: Http2ServerConnection, last: boolean) {
    super(node, connection, last, false)
    this.connection = connection
    this.#last = last
  }

  start(head: RequestHead, onRequest: OnRequest): void {
    this.#extendedConnect = head.upgrade !== undefined
    this.handler = onRequest(this, head, this.#last)
  }

  respondInformational(head: ResponseHead): void {
    if (this.node.destroyed || this.node.headersSent) return
    const fields = emptyFields()
    fields[':status'] = head.status
    this.node.additionalHeaders(writeFields(head.headers, fields))
  }

  respond(head: ResponseHead, last: boolean): void {
    if (this.node.destroyed || this.isReset) return
    const fields = emptyFields()
    const switching = this.#extendedConnect && head.status === 101
    fields[':status'] = switching ? 200 : head.status
    writeFields(head.headers, fields)
    if (switching) delete fields['sec-websocket-accept']
    try {
      this.node.respond(fields, last ? WITHOUT_BODY : WITH_BODY)
    } catch {
      // Fields that HTTP/2 forbids, from an upstream that HTTP/1.1 let say them. The handler hears of it as of any reset.
      this.closeSoon(PROTOCOL_ERROR)
      return
    }
    if (last) this.markOutgoingEnded()
  }
}

function requestHead(raw: readonly string[], scheme: 'http' | 'https'): RequestHead {
  const { pseudo, headers } = readFields(raw)
  const protocol = pseudo.get(':protocol')?.toLowerCase()
  const authority = pseudo.get(':authority') ?? headers.get('host') ?? ''
  headers.remove('host')
  if (protocol === 'websocket') addWebSocketKey(headers)
  return {
    protocol: 'HTTP/2',
    // As over HTTP/1.1, so that filters and routes need to know one form of upgrade only.
    method: protocol === undefined ? (pseudo.get(':method') ?? '') : 'GET',
    scheme,
    authority,
    path: pseudo.get(':path') ?? '',
    headers,
    upgrade: protocol,
  }
}

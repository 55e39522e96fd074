/**
 * An upstream HTTP/2 connection over node:http2, behind the codec seam.
 */
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import type { Duplex } from 'node:stream'
import type {
  ClientConnection,
  ClientConnectionOwner,
  ClientStream,
  RequestHead,
  ResetReason,
  ResponseHandler,
} from '../http/stream.ts'
import { emptyFields, readFields, writeFields } from './fields.ts'
import { nodeHttp2 } from './node-http2.ts'
import { type Http2Options, SESSION_OPTIONS } from './options.ts'
import { CANCEL } from './reset-codes.ts'
import { Http2StreamBase, type StreamOwner } from './stream-base.ts'
import { addWebSocketAccept } from './websocket-handshake.ts'

/** How long a peer may take to close its half after we closed ours. */
const LINGER_MS = 500

/**
 * Has no capacity before the peer's SETTINGS are there: they say how many streams it takes, and prove that it speaks HTTP/2. The
 * owner's first `onCapacity` therefore means "connected".
 */
export class Http2ClientConnection implements ClientConnection, StreamOwner {
  readonly protocol = 'HTTP/2'
  active = 0
  readonly #session: ClientHttp2Session
  readonly #socket: Duplex
  readonly #owner: ClientConnectionOwner
  readonly #ownLimit: number
  /** What the peer allows; 0 until it has said so. */
  #peerLimit = 0
  #draining = false

  /** @param socket connected; with TLS, ALPN has chosen h2. Taken over by the connection, as is its end. */
  constructor(socket: Duplex, options: Http2Options, owner: ClientConnectionOwner) {
    this.#socket = socket
    this.#owner = owner
    this.#ownLimit = options.maxConcurrentStreams
    const session = nodeHttp2().connect('http://upstream', {
      createConnection: () => socket,
      ...SESSION_OPTIONS,
      settings: { enablePush: false, initialWindowSize: options.initialStreamWindowSize },
    })
    this.#session = session
    session.on('connect', () => session.setLocalWindowSize(options.initialConnectionWindowSize))
    session.on('remoteSettings', settings => {
      this.#peerLimit = settings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY
      if (this.capacity > 0) owner.onCapacity(this)
    })
    session.on('goaway', () => {
      if (this.#draining) return
      this.#draining = true
      owner.onDraining(this)
      this.#closeIfDrained()
    })
    // An error is always followed by 'close'.
    session.on('error', () => {})
    session.on('close', () => owner.onClosed(this))
    // The session may outlive a socket that dies in its handshake.
    socket.on('close', () => {
      if (!session.destroyed) session.destroy()
    })
  }

  get closed(): boolean {
    return this.#session.destroyed
  }

  get capacity(): number {
    // A session that got GOAWAY is closed before its event comes.
    if (this.#draining || this.closed || this.#session.closed) return 0
    return Math.max(0, Math.min(this.#peerLimit, this.#ownLimit) - this.active)
  }

  open(head: RequestHead, last: boolean, handler: ResponseHandler): ClientStream {
    let node: ClientHttp2Stream
    try {
      node = this.#session.request(requestFields(head), { endStream: last, waitForTrailers: !last })
    } catch (error) {
      return new FailedStream(reasonOfFailure(error), handler)
    }
    this.active++
    return new Http2ClientStream(node, this, head, last, handler)
  }

  /** Sends no GOAWAY before the end: it would overtake requests that are still queued in this turn. */
  drain(): void {
    this.#draining = true
    this.#closeIfDrained()
  }

  destroy(): void {
    this.#session.destroy()
  }

  onStreamClosed(): void {
    this.active--
    if (this.#draining) this.#closeIfDrained()
    else if (this.capacity > 0) this.#owner.onCapacity(this)
  }

  /**
   * Says GOAWAY before it closes: servers over node:http2 keep a session whose peer is merely gone. node:http2 may then wait for the peer to
   * close too, which some never do.
   */
  #closeIfDrained(): void {
    if (this.active > 0) return
    if (!this.closed) this.#session.destroy()
    if (!this.#socket.destroyed) setTimeout(() => this.#socket.destroy(), LINGER_MS).unref()
  }
}

class Http2ClientStream extends Http2StreamBase<ClientHttp2Stream> implements ClientStream {
  #tunnel = false

  constructor(node: ClientHttp2Stream, owner: StreamOwner, head: RequestHead, last: boolean, handler: ResponseHandler) {
    super(node, owner, false, last)
    this.handler = handler
    const key = head.upgrade === 'websocket' ? head.headers.get('sec-websocket-key') : undefined
    const { upgrade } = head
    const connect = head.method === 'CONNECT'
    node.on('headers', (_fields, _flags, raw: string[]) => {
      const { pseudo, headers } = readFields(raw)
      if (!this.isReset) handler.onInformational({ status: Number(pseudo.get(':status')), headers })
    })
    node.on('response', (_fields, flags, raw: string[]) => {
      if (this.isReset) return
      const { pseudo, headers } = readFields(raw)
      let status = Number(pseudo.get(':status'))
      const ended = (flags & nodeHttp2().constants.NGHTTP2_FLAG_END_STREAM) !== 0
      if (ended) this.markIncomingEnded()
      if (upgrade !== undefined && status === 200) {
        status = 101
        addWebSocketAccept(headers, key)
      }
      this.#tunnel = status === 101 || (connect && status < 300)
      handler.onResponse({ status, headers }, ended)
      if (ended) this.onIncomingEnded()
    })
  }

  /**
   * A server that has answered need not read the rest of the request, and may never open its window again: the stream would stay, and take
   * one of the few places there are.
   */
  protected override onIncomingEnded(): void {
    if (!this.#tunnel && this.isStuck) this.closeSoon(CANCEL)
  }
}

/** A stream that could not be opened: tells so a moment later, as the seam demands. */
class FailedStream implements ClientStream {
  #handler: ResponseHandler | undefined

  constructor(reason: ResetReason, handler: ResponseHandler) {
    this.#handler = handler
    // Not as a microtask: whoever tries again at once must not keep the event loop from turning.
    setImmediate(() => this.#handler?.onReset(reason))
  }

  write(): boolean {
    return true
  }

  writeTrailers(): void {}

  reset(): void {
    this.#handler = undefined
  }

  pause(): void {}

  resume(): void {}
}

function requestFields(head: RequestHead): OutgoingHttpHeaders {
  const fields = emptyFields()
  const { upgrade } = head
  fields[':method'] = upgrade === undefined ? head.method : 'CONNECT'
  fields[':authority'] = head.authority
  if (upgrade !== undefined) fields[':protocol'] = upgrade
  if (head.method !== 'CONNECT') {
    fields[':scheme'] = head.scheme
    fields[':path'] = head.path
  }
  writeFields(head.headers, fields)
  if (upgrade === 'websocket') delete fields['sec-websocket-key']
  return fields
}

function reasonOfFailure(error: unknown): ResetReason {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  // Nothing was sent: the session went away between the pool's choice and now.
  if (code === 'ERR_HTTP2_GOAWAY_SESSION' || code === 'ERR_HTTP2_INVALID_SESSION') return 'refused-stream'
  return 'protocol-error'
}

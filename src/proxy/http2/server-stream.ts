/**
 * One request of a client over HTTP/2, and its response.
 */
import type { Headers } from '../http/headers.ts'
import type { RequestHead, ResponseHead, ServerConnection, ServerStream } from '../http/stream.ts'
import { NO_ERROR } from './error-codes.ts'
import { Http2Stream, type StreamHost } from './stream.ts'

/** The connection, as its streams see it. */
export interface ServerStreamHost extends StreamHost, ServerConnection {
  /** @param switching an Upgrade of HTTP/1.1 was granted, which HTTP/2 says otherwise */
  sendResponse(id: number, status: number, headers: Headers, switching: boolean, last: boolean): void
}

export class Http2ServerStream extends Http2Stream implements ServerStream {
  readonly connection: ServerConnection
  readonly #server: ServerStreamHost
  readonly #connect: boolean
  /** Extended CONNECT (RFC 8441), which looks like HTTP/1.1's Upgrade above. */
  readonly #extended: boolean

  constructor(server: ServerStreamHost, id: number, head: RequestHead, last: boolean) {
    super(server, id, last)
    this.connection = server
    this.#server = server
    this.#connect = head.method === 'CONNECT'
    this.#extended = head.upgrade !== undefined
  }

  get answered(): boolean {
    return this.headSent
  }

  respondInformational(head: ResponseHead): void {
    if (!this.headSent && !this.gone) this.#server.sendResponse(this.id, head.status, head.headers, false, false)
  }

  respond(head: ResponseHead, last: boolean): void {
    if (this.headSent || this.gone) return
    this.headSent = true
    const switching = this.#extended && head.status === 101
    const status = switching ? 200 : head.status
    this.tunnel = switching || (this.#connect && status >= 200 && status < 300)
    this.#server.sendResponse(this.id, status, head.headers, switching, last)
    if (last) this.markFlushed()
  }

  override write(chunk: Uint8Array, last: boolean): boolean {
    return this.headSent ? super.write(chunk, last) : true
  }

  /** The client need not send the rest of what it asked (RFC 9113 section 8.1). */
  protected override onAnsweredEarly(): void {
    if (!this.tunnel) this.abandon(NO_ERROR)
  }
}

/**
 * One request to an upstream over HTTP/2, and its response.
 */
import type { ClientStream, RequestHead, ResetReason, ResponseHandler } from '../http/stream.ts'
import { CANCEL } from './error-codes.ts'
import type { FieldBlock } from './field-block.ts'
import { Http2Stream, type StreamHost } from './stream.ts'
import { addWebSocketAccept } from './websocket-handshake.ts'

export class Http2ClientStream extends Http2Stream implements ClientStream {
  /** The response's final head has come. */
  answered = false
  readonly #handler: ResponseHandler
  readonly #isHead: boolean
  readonly #isConnect: boolean
  readonly #upgrade: string | undefined
  /** Of a WebSocket's opening handshake, for the proof that HTTP/1.1 clients insist on. */
  readonly #key: string | undefined
  /** It is HTTP/1.1 before and behind the connection, which knows no end of a request but the connection's. */
  readonly #http1: boolean

  constructor(client: StreamHost, id: number, head: RequestHead, handler: ResponseHandler, http1: boolean) {
    super(client, id, false)
    this.handler = handler
    this.#handler = handler
    this.#http1 = http1
    this.#isHead = head.method === 'HEAD'
    this.#isConnect = head.method === 'CONNECT'
    this.#upgrade = head.upgrade
    this.#key = head.upgrade === 'websocket' ? head.headers.get('sec-websocket-key') : undefined
  }

  /** @returns what is wrong with the head; empty: nothing */
  onHead(block: FieldBlock, last: boolean): string {
    const problem = block.checkResponse()
    if (problem !== '') return problem
    let status = Number(block.status)
    if (status < 200) {
      if (last) return 'an informational response that ends the stream'
      this.#handler.onInformational({ status, headers: block.takeHeaders() })
      return ''
    }
    const granted = status < 300 && (this.#isConnect || this.#upgrade !== undefined)
    if (!granted && !this.#isHead && status !== 204 && status !== 304) {
      if (last && block.contentLength > 0) return 'a content-length without a body'
      this.expected = block.contentLength
    }
    this.answered = true
    this.tunnel = granted
    const headers = block.takeHeaders()
    if (granted && this.#upgrade !== undefined) {
      status = 101
      addWebSocketAccept(headers, this.#key)
    }
    if (last) this.incomingEnded = true
    this.#handler.onResponse({ status, headers }, last)
    return ''
  }

  override fail(reason: ResetReason): void {
    super.fail(this.#http1 && reason === 'remote-reset' ? 'connection-closed' : reason)
  }

  /**
   * A server that has answered need not read the rest of the request, and may never open its window again: the stream would stay, and take
   * one of the few places there are.
   */
  override onIncomingEnded(): void {
    if (this.isStuck && !this.tunnel) this.abandon(CANCEL)
    else super.onIncomingEnded()
  }
}

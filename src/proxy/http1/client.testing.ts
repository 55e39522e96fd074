/** A client connection over a memory transport, with a record of all that the layer above would hear. */
import { HeaderList, type Headers } from '../http/headers.ts'
import type { ClientStream, RequestHead, ResetReason, ResponseHandler, ResponseHead } from '../http/stream.ts'
import { MemoryTransport } from '../net/memory-transport.testing.ts'
import { Http1ClientConnection } from './client-connection.ts'
import { DEFAULT_HEAD_LIMITS } from './head-reader.ts'

export function requestHead(overrides: Partial<RequestHead> = {}): RequestHead {
  return {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'a',
    path: '/',
    headers: new HeaderList(),
    upgrade: undefined,
    ...overrides,
  }
}

/** One response as the layer above hears it. */
export class Answer implements ResponseHandler {
  informational: number[] = []
  head: ResponseHead | undefined
  body = ''
  trailers: Headers | undefined
  complete = false
  reset: ResetReason | undefined
  writable = 0
  /** Called when the response is complete, within the last call. */
  onComplete: (() => void) | undefined

  onInformational(head: ResponseHead): void {
    this.informational.push(head.status)
  }

  onResponse(head: ResponseHead, last: boolean): void {
    this.head = head
    if (last) this.#end()
  }

  onData(chunk: Buffer, last: boolean): void {
    this.body += chunk.toString('latin1')
    if (last) this.#end()
  }

  onTrailers(trailers: Headers): void {
    this.trailers = trailers
    this.#end()
  }

  onReset(reason: ResetReason): void {
    this.reset = reason
  }

  onWritable(): void {
    this.writable++
  }

  #end(): void {
    this.complete = true
    this.onComplete?.()
  }
}

export class ClientBench {
  readonly transport = new MemoryTransport()
  readonly events: string[] = []
  readonly errors: string[] = []
  readonly connection: Http1ClientConnection

  constructor() {
    this.connection = new Http1ClientConnection(this.transport, {
      limits: DEFAULT_HEAD_LIMITS,
      owner: {
        onCapacity: () => this.events.push('capacity'),
        onDraining: () => this.events.push('draining'),
        onClosed: () => this.events.push('closed'),
      },
      onProtocolError: code => this.errors.push(code),
    })
  }

  open(overrides: Partial<RequestHead> = {}, last = true): { answer: Answer; stream: ClientStream } {
    const answer = new Answer()
    return { answer, stream: this.connection.open(requestHead(overrides), last, answer) }
  }

  takeWritten(): string {
    const { written } = this.transport
    this.transport.written = ''
    return written
  }
}

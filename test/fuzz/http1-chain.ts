/**
 * Two proxies' worth of codec without sockets: client -> [server connection -> client connection] -> backend's server connection, whose
 * answers go back the same way. Every crossing is divided into reads at random.
 */
import type { Headers } from '../../src/proxy/http/headers.ts'
import { HeaderList } from '../../src/proxy/http/headers.ts'
import type { ClientStream, ResetReason, ResponseHandler, ResponseHead, ServerStream } from '../../src/proxy/http/stream.ts'
import { ClientBench } from '../../src/proxy/http1/client.testing.ts'
import { type Exchange, ServerBench } from '../../src/proxy/http1/server.testing.ts'
import { type Message, portions, type Random } from './http1-messages.ts'

export class Chain {
  /** What the backend understood. */
  readonly requests: Message[] = []
  /** What was written back to the client for each. */
  readonly responses: string[] = []
  readonly front: ServerBench
  readonly #random: Random
  readonly #answer: (index: number, method: string) => string

  /** @param answer the bytes of the response to the request of that number */
  constructor(random: Random, answer: (index: number, method: string) => string) {
    this.#random = random
    this.#answer = answer
    this.front = new ServerBench(exchange => this.#forward(exchange))
  }

  /** The client sends this. */
  send(parts: readonly string[]): void {
    for (const part of parts) this.front.transport.receive(part)
  }

  /** Sends a complete request on, to a backend of its own, and the answer back. */
  #forward(exchange: Exchange): void {
    const client = new ClientBench()
    const { head, stream } = exchange
    // HTTP/1.0 without Host: there is nothing that a proxy could ask for upstream.
    if (head.authority === '') {
      stream.respond({ status: 400, headers: new HeaderList() }, true)
      return
    }
    const tunnel = head.upgrade !== undefined || head.method === 'CONNECT'
    const hasBody = exchange.body !== '' || exchange.trailers !== undefined || !headSaysEmpty(head.headers)
    const up = client.connection.open(head, !hasBody && !tunnel, new Back(stream, () => up))
    if (hasBody && !tunnel) sendBody(this.#random, up, exchange)
    const backend = new ServerBench(received => {
      this.requests.push(messageOf(received))
    })
    for (const part of portions(this.#random, client.takeWritten())) backend.transport.receive(part)
    const answer = this.#answer(this.requests.length - 1, head.method)
    for (const part of portions(this.#random, answer)) client.transport.receive(part)
    if (client.transport.state === 'open') client.connection.onEnd()
    this.responses.push(this.front.takeWritten())
  }
}

/** The request said itself that nothing follows its head. */
function headSaysEmpty(headers: Headers): boolean {
  const length = headers.get('content-length')
  return length === undefined || length === '0'
}

function sendBody(random: Random, up: ClientStream, exchange: Exchange): void {
  for (const part of portions(random, exchange.body)) up.write(Buffer.from(part, 'latin1'), false)
  if (exchange.trailers === undefined) up.write(Buffer.alloc(0), true)
  else up.writeTrailers(exchange.trailers)
}

export function messageOf(exchange: Exchange): Message {
  return {
    start: `${exchange.head.method} ${exchange.head.authority} ${exchange.head.path}`,
    fields: endToEnd(exchange.head.headers),
    body: exchange.body,
    trailers: endToEnd(exchange.trailers ?? new HeaderList()),
  }
}

export function endToEnd(headers: Headers): string[] {
  const all: string[] = []
  headers.forEach((name, value) => {
    if (name.startsWith('x')) all.push(`${name}: ${value}`)
  })
  return all.sort()
}

/** The response on its way back. */
class Back implements ResponseHandler {
  readonly #down: ServerStream
  readonly #up: () => ClientStream
  #responded = false

  constructor(down: ServerStream, up: () => ClientStream) {
    this.#down = down
    this.#up = up
  }

  onInformational(head: ResponseHead): void {
    this.#down.respondInformational(head)
  }

  onResponse(head: ResponseHead, last: boolean): void {
    this.#responded = true
    this.#down.respond(head, last)
  }

  onData(chunk: Buffer, last: boolean): void {
    this.#down.write(chunk, last)
  }

  onTrailers(trailers: Headers): void {
    this.#down.writeTrailers(trailers)
  }

  onReset(reason: ResetReason): void {
    if (this.#responded) this.#down.reset(reason)
    else this.#down.respond({ status: 502, headers: new HeaderList() }, true)
  }

  onWritable(): void {
    this.#up().resume()
  }
}

/** A gRPC call of the proxy's own that only sends, message after message, for as long as the other side takes them: access logs. */
import { HeaderList } from '../http/headers.ts'
import type { ResponseHandler } from '../http/stream.ts'
import type { Clusters, UpstreamStream } from './cluster.ts'
import type { GrpcTarget } from './grpc-unary.ts'

/** Flag and length before each message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const FRAME_HEAD = 5

export class GrpcStream {
  readonly #ended: (reason: string) => void
  readonly #stream: UpstreamStream
  /** The other side does not take as much as there is. */
  #full = false
  #over = false

  private constructor(open: (handler: ResponseHandler) => UpstreamStream, ended: (reason: string) => void) {
    this.#ended = ended
    this.#stream = open({
      onInformational: () => {},
      onResponse: (_head, last) => {
        if (last) this.#end('the collector ended the stream')
      },
      onData: (_chunk, last) => {
        if (last) this.#end('the collector ended the stream')
      },
      onTrailers: trailers => this.#end(`the collector ended the stream with gRPC status ${trailers.get('grpc-status') ?? '?'}`),
      onReset: reason => this.#end(this.#stream.connectError || reason),
      onWritable: () => {
        this.#full = false
      },
    })
  }

  /** @param method "/package.Service/Method" @param ended called once, never before this returns @returns why there is none, as text */
  static open(
    clusters: Clusters,
    { cluster: name, authority, metadata }: GrpcTarget,
    method: string,
    ended: (reason: string) => void,
  ): GrpcStream | string {
    const cluster = clusters.get(name)
    const host = cluster?.pick({ ...CONTEXT, authority })
    if (cluster === undefined || host === undefined)
      return `cluster "${name}" ${cluster ? 'has no healthy endpoint' : 'does not exist'}`
    const headers = new HeaderList(['te', 'trailers', 'content-type', 'application/grpc', ...metadata])
    const head = {
      protocol: 'HTTP/2',
      method: 'POST',
      scheme: 'http',
      authority,
      path: method,
      headers,
      upgrade: undefined,
    } as const
    return new GrpcStream(handler => cluster.open(host, head, false, handler), ended)
  }

  /** @returns false: it was not sent, the other side is behind or gone */
  send(message: Uint8Array): boolean {
    if (this.#over || this.#full) return false
    const frame = Buffer.allocUnsafe(FRAME_HEAD + message.length)
    frame.writeUInt8(0, 0)
    frame.writeUInt32BE(message.length, 1)
    frame.set(message, FRAME_HEAD)
    this.#full = !this.#stream.write(frame, false)
    return true
  }

  /** No more messages. */
  end(): void {
    if (this.#over) return
    this.#over = true
    this.#stream.write(Buffer.alloc(0), true)
  }

  #end(reason: string): void {
    if (this.#over) return
    this.#over = true
    this.#ended(reason)
  }
}

const CONTEXT = {
  hash: undefined,
  subset: undefined,
  tried: undefined,
  previousPrioritiesFrequency: 0,
  originalDestination: undefined,
}

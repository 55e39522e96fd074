/**
 * gRPC-Web (envoy.extensions.filters.http.grpc_web.v3.GrpcWeb): calls of browsers, in binary or in text, become gRPC on their way in and are
 * gRPC-Web again on their way out, where trailers are the last frame of the body.
 */
import type { Headers } from '../http/headers.ts'
import type { ResponseHead } from '../http/stream.ts'
import { Base64Reader } from './base64-reader.ts'
import type { HttpFilter, HttpRequest, Verdict } from './filter.ts'
import type { BodyTaker } from './held-body.ts'
import { grpcStatusOf, isGrpcType, percentEncode } from './local-reply.ts'
import type { MakeStage } from './response-path.ts'

const BINARY = 'application/grpc-web'
const TEXT = 'application/grpc-web-text'
const TYPES = [BINARY, `${BINARY}+proto`, TEXT, `${TEXT}+proto`]
/** Of a body that is no gRPC and becomes a message; what is longer is cut. */
const MESSAGE_BYTES = 16 * 1024
/** First byte of the frame that holds the trailers (PROTOCOL-WEB.md). */
const TRAILERS_FLAG = 0x80
const NOTHING = Buffer.alloc(0)
const NOT_BASE64 = Buffer.from('Bad gRPC-web request, invalid base64 data.')

export class GrpcWebFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  /** Requests that are gRPC-Web, and whether their answers are text. */
  readonly #calls = new WeakMap<HttpRequest, { readonly text: boolean }>()

  constructor(name: string, defaultOff: boolean) {
    this.name = name
    this.defaultOff = defaultOff
  }

  onRequest(request: HttpRequest): Verdict {
    const { headers } = request.head
    const type = headers.get('content-type') ?? ''
    if (!TYPES.includes(type)) return 'continue'
    const accept = headers.get('accept')
    this.#calls.set(request, { text: accept === TEXT || accept === `${TEXT}+proto` })
    headers.set('content-type', 'application/grpc')
    headers.set('te', 'trailers')
    headers.set('grpc-accept-encoding', 'identity')
    headers.remove('content-length')
    if (type.startsWith(TEXT) && !request.bodiless)
      request.rewriteBody(decoded(() => request.reply(400, NOT_BASE64, 'grpc_base_64_decode_failed')))
    return 'continue'
  }

  onResponse(request: HttpRequest, head: ResponseHead, last: boolean): 'wait' | undefined {
    const call = this.#calls.get(request)
    if (call === undefined) return undefined
    const { headers } = head
    const isGrpc = isGrpcType(headers.get('content-type')) && (last ? headers.has('grpc-status') : head.status === 200)
    headers.set('content-type', `${call.text ? TEXT : BINARY}+proto`)
    headers.remove('content-length')
    if (isGrpc) {
      if (!last) request.rewriteResponseBody(encoded(call.text))
      return undefined
    }
    if (last) {
      failed(head, NOTHING)
      return undefined
    }
    setImmediate(() =>
      request.awaitResponseBody(MESSAGE_BYTES, (body, whole) => {
        failed(head, body)
        if (whole) request.replaceResponseBody(NOTHING)
        else request.rewriteResponseBody(dropped)
        request.resumeResponse()
      }),
    )
    return 'wait'
  }
}

/** What is no gRPC becomes its status and message, for the client to read. */
function failed(head: ResponseHead, body: Uint8Array): void {
  const { headers } = head
  if (!headers.has('grpc-status')) headers.set('grpc-status', String(grpcStatusOf(head.status)))
  if (body.length > 0) headers.set('grpc-message', percentEncode(body))
  headers.set('content-length', '0')
}

/** Text to bytes. */
function decoded(onInvalid: () => void): MakeStage {
  return next => {
    const reader = new Base64Reader()
    let broken = false
    return {
      onData(chunk, last) {
        if (broken) return true
        const bytes = reader.read(chunk)
        if (bytes === undefined || (last && reader.isIncomplete)) {
          broken = true
          onInvalid()
          return true
        }
        return next.onData(bytes, last)
      },
      onTrailers(trailers) {
        if (!broken) next.onTrailers(trailers)
      },
    }
  }
}

/** Trailers to the last frame, and all of it to text where the client asked for that: padding may stand wherever a chunk ends. */
function encoded(text: boolean): MakeStage {
  return next => {
    const write = (bytes: Uint8Array, last: boolean) =>
      next.onData(text && bytes.length > 0 ? Buffer.from(Buffer.from(bytes).toString('base64')) : bytes, last)
    return {
      onData: write,
      onTrailers(trailers) {
        write(trailersFrame(trailers), true)
      },
    }
  }
}

function dropped(next: BodyTaker): BodyTaker {
  return {
    onData: (_chunk, last) => (last ? next.onData(NOTHING, true) : true),
    onTrailers: () => void next.onData(NOTHING, true),
  }
}

function trailersFrame(trailers: Headers): Buffer {
  let lines = ''
  trailers.forEach((name, value) => {
    lines += `${name}:${value}\r\n`
  })
  const body = Buffer.from(lines, 'latin1')
  const head = Buffer.alloc(5)
  head[0] = TRAILERS_FLAG
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

/**
 * Responses that the proxy gives itself, in the client's terms: plain text for HTTP, status trailers for gRPC.
 */
import { HeaderList } from '../http/headers.ts'
import type { RequestHead, ResponseHead } from '../http/stream.ts'

/** What a gRPC client would make of an HTTP status (grpc/doc/http-grpc-status-mapping.md). */
const GRPC_STATUS: Readonly<Record<number, number>> = {
  200: 0,
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
}
const GRPC_UNKNOWN = 2

/**
 * @param contentType of a body that is not empty
 * @param details Envoy's %RESPONSE_CODE_DETAILS%: what a gRPC client is told where there is no body. Envoy tells it nothing then
 */
export function localReply(
  head: RequestHead,
  status: number,
  body: Uint8Array,
  contentType: string,
  grpcStatus?: number,
  details = '',
): ResponseHead {
  if (isGrpc(head)) {
    const code = grpcStatus ?? grpcStatusOf(status)
    const fields = ['content-type', 'application/grpc', 'grpc-status', String(code)]
    const message = body.length > 0 || code === 0 ? body : Buffer.from(wordsOf(details))
    if (message.length > 0) fields.push('grpc-message', percentEncode(message))
    return { status: 200, headers: new HeaderList(fields) }
  }
  const fields = body.length > 0 ? ['content-length', String(body.length), 'content-type', contentType] : []
  return { status, headers: new HeaderList(fields) }
}

/** "route_not_found" is "route not found"; what stands in brackets is for logs. */
function wordsOf(details: string): string {
  return details
    .replace(/[[{].*/, '')
    .replaceAll('_', ' ')
    .trim()
}

/** Whether the body goes out at all: HEAD has none, gRPC carries it in grpc-message. */
export function replyHasBody(head: RequestHead, body: Uint8Array): boolean {
  return body.length > 0 && head.method !== 'HEAD' && !isGrpc(head)
}

export function isGrpc(head: RequestHead): boolean {
  return isGrpcType(head.headers.get('content-type'))
}

export function isGrpcType(type: string | undefined): boolean {
  if (type === undefined || !type.startsWith('application/grpc')) return false
  return type.length === 16 || type[16] === '+' || type[16] === ';'
}

export function grpcStatusOf(httpStatus: number): number {
  return GRPC_STATUS[httpStatus] ?? GRPC_UNKNOWN
}

/** grpc-message: printable ASCII as it is, all else as %XX (gRPC over HTTP/2, "Responses"). */
export function percentEncode(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    text +=
      byte >= 0x20 && byte < 0x7f && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

/**
 * What the connection manager does to the head of every response, its own included, after all filters: date, server, request id, via.
 */
import type { RequestHead, ResponseHead } from '../http/stream.ts'
import type { HcmOptions } from './options.ts'
import { appendVia } from './request-head.ts'

export function finishResponseHead(response: ResponseHead, request: RequestHead, options: HcmOptions): void {
  const { headers } = response
  if (!headers.has('date')) headers.add('date', httpDate())
  if (options.serverHeader === 'overwrite') headers.set('server', options.serverName)
  else if (options.serverHeader === 'append-if-absent' && !headers.has('server')) headers.add('server', options.serverName)
  if (options.alwaysSetRequestIdInResponse) {
    const id = request.headers.get('x-request-id')
    if (id !== undefined) headers.set('x-request-id', id)
  }
  if (options.via !== '') appendVia(headers, options.via)
}

let second = 0
let text = ''

/** The Date header of now; written anew once a second. */
function httpDate(): string {
  const now = Math.floor(Date.now() / 1000)
  if (now !== second) {
    second = now
    text = new Date(now * 1000).toUTCString()
  }
  return text
}

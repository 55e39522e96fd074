/**
 * WebSocket's opening handshake differs between HTTP/1.1 (RFC 6455 section 4: key and accept) and HTTP/2 (RFC 8441: neither). Above the
 * codecs every WebSocket looks like HTTP/1.1's, so that both ends may speak either.
 */
import type { Headers } from '../http/headers.ts'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A request that came by extended CONNECT gets the key that an HTTP/1.1 server insists on. */
export function addWebSocketKey(headers: Headers): void {
  if (!headers.has('sec-websocket-key'))
    headers.set('sec-websocket-key', process.getBuiltinModule('node:crypto').randomBytes(16).toString('base64'))
}

/** A response to extended CONNECT gets the proof that an HTTP/1.1 client insists on. */
export function addWebSocketAccept(headers: Headers, key: string | undefined): void {
  if (key === undefined || headers.has('sec-websocket-accept')) return
  headers.set(
    'sec-websocket-accept',
    process
      .getBuiltinModule('node:crypto')
      .createHash('sha1')
      .update(key + GUID)
      .digest('base64'),
  )
}

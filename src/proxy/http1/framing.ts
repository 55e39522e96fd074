/** How the end of a message body is told (RFC 9112 section 6). Small integers: they are compared for every chunk. */

/** No body, whatever the fields say: HEAD, 204, 304, a request without one. */
export const NO_BODY = 0
/** Content-Length. */
export const BY_LENGTH = 1
export const CHUNKED = 2
/** A response that ends with the connection. */
export const UNTIL_CLOSE = 3
/** After 101, or a 2xx to CONNECT: bytes, no message. */
export const TUNNEL = 4
/** Upgrade or CONNECT was asked for, and the answer is not known. */
export const TUNNEL_PENDING = 5

export type Framing = 0 | 1 | 2 | 3 | 4 | 5

/** Responses with these never have a body (RFC 9110 section 6.4.1). */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 304 || status < 200
}

/**
 * HTTP/1.1 requests as streams of one HTTP/2 connection between two of our own proxies, so that they share its writes, its reads and its handshake. Both
 * sides know by ALPN; who does not know the name agrees on another of the names that are offered.
 *
 * Each request says which protocol it came in, and at the far side is what it was. Upgrades and CONNECT go on a connection of their own: they
 * are bytes for as long as they last, and an upgrade may be refused by any status.
 */
import type { HttpProtocol, RequestHead } from '../http/stream.ts'

/** The name in ALPN. */
export const SHARED = 'mizzen-h2'

/**
 * Streams of one connection before the next one is opened: the more there are, the more share a write; but they also wait for each other's
 * bytes, and one end takes all of them.
 */
export const SHARED_STREAMS = 100

export function isShareable({ method, upgrade }: RequestHead): boolean {
  return upgrade === undefined && method !== 'CONNECT'
}

/**
 * What such a connection has for `:scheme`, which the far side knows from its own connection: the protocol that the request came in. An
 * application cannot set it.
 */
export function schemeOf({ protocol, scheme }: RequestHead): string {
  return protocol === 'HTTP/2' ? scheme : protocol === 'HTTP/1.0' ? HTTP_1_0 : HTTP_1_1
}

export function protocolOfScheme(scheme: string | undefined): HttpProtocol {
  return scheme === HTTP_1_1 ? 'HTTP/1.1' : scheme === HTTP_1_0 ? 'HTTP/1.0' : 'HTTP/2'
}

const HTTP_1_0 = 'http-1.0'
const HTTP_1_1 = 'http-1.1'

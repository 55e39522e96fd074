/**
 * Whether the chain of a peer's certificate leads to a trusted root, is valid now and not revoked. node:tls asks that itself only for sockets of its own
 * servers; a server's TLSSocket made by hand takes every certificate, and has to be asked.
 */
import type { TLSSocket } from 'node:tls'

/** @returns OpenSSL's reason, such as CERT_HAS_EXPIRED; undefined: it verified. Only for sockets that showed a certificate */
export function verifyError(socket: TLSSocket): string | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  const verify = isRecord(handle) ? handle['verifyError'] : undefined
  // Not documented, and there since TLS is in Node; without it nobody can be trusted.
  if (typeof verify !== 'function') return 'UNABLE_TO_VERIFY'
  const error: unknown = verify.call(handle)
  if (error === null || error === undefined) return undefined
  return isRecord(error) && typeof error['code'] === 'string' ? error['code'] : 'UNSPECIFIED'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

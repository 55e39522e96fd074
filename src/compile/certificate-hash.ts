/**
 * Hashes of client certificates that a Gateway asks for. A text that is none makes Envoy refuse the listener with all its other servers, so it
 * is replaced by one that no certificate has: who wrote it wanted fewer clients, not all of them.
 */
import type { Gateway } from '../api/registry.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'

export const NOBODYS_SPKI = `${'A'.repeat(43)}=`
export const NOBODYS_HASH = '0'.repeat(64)

/** SHA-256 of the public key, in base64. */
export function isSpki(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(text)
}

/** SHA-256 of the certificate, in hexadecimal, with or without colons. */
export function isHash(text: string): boolean {
  return /^[0-9a-fA-F]{64}$/.test(text) || /^(?:[0-9a-fA-F]{2}:){31}[0-9a-fA-F]{2}$/.test(text)
}

export function checkCertificateHashes(object: Gateway): Diagnostic[] {
  return (object.spec.servers ?? []).flatMap(({ tls }, i) =>
    (['verifyCertificateSpki', 'verifyCertificateHash'] as const).flatMap(field =>
      (tls?.[field] ?? []).flatMap((text, j) => {
        const spki = field === 'verifyCertificateSpki'
        if (spki ? isSpki(text) : isHash(text)) return []
        const expected = spki ? 'a SHA-256 in base64, 44 characters' : 'a SHA-256 in hexadecimal, 64 digits'
        const message = `Cannot use ${field} "${text}": expected ${expected}`
        const effect = 'no certificate has it'
        return [
          diagnostic(object, ['spec', 'servers', i, 'tls', field, j], { code: 'bad-hash', level: 'error', message, effect }),
        ]
      }),
    ),
  )
}

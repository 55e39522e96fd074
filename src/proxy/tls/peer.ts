/** Who is at the other end of a TLS connection, as its certificate says: for authorization, x-forwarded-client-cert and logs. Read when asked for. */
import type { X509Certificate } from 'node:crypto'
import { alternativeNames } from './san-match.ts'

export interface Peer {
  /** SPIFFE ids are among these. */
  readonly uriSans: readonly string[]
  readonly dnsSans: readonly string[]
  /** RFC 2253, as Envoy has it: most specific part first. Empty when the subject is. */
  readonly subject: string
  readonly issuer: string
  /** SHA-256 of the certificate, hexadecimal in lower case. */
  readonly sha256: string
  /** Hexadecimal in lower case. */
  readonly serial: string
  /** Milliseconds since the epoch. */
  readonly validFrom: number
  /** Milliseconds since the epoch. */
  readonly validUntil: number
  readonly pem: string
}

export class PeerCertificate implements Peer {
  readonly #certificate: X509Certificate
  #names: readonly (readonly [kind: string, value: string])[] | undefined

  constructor(certificate: X509Certificate) {
    this.#certificate = certificate
  }

  get uriSans(): readonly string[] {
    return this.#sans('URI')
  }

  get dnsSans(): readonly string[] {
    return this.#sans('DNS')
  }

  get subject(): string {
    return distinguishedName(this.#certificate.subject)
  }

  get issuer(): string {
    return distinguishedName(this.#certificate.issuer)
  }

  get sha256(): string {
    return this.#certificate.fingerprint256.replaceAll(':', '').toLowerCase()
  }

  get serial(): string {
    return this.#certificate.serialNumber.toLowerCase()
  }

  get validFrom(): number {
    return this.#certificate.validFromDate.getTime()
  }

  get validUntil(): number {
    return this.#certificate.validToDate.getTime()
  }

  get pem(): string {
    return this.#certificate.toString()
  }

  #sans(wanted: string): string[] {
    this.#names ??= alternativeNames(this.#certificate.subjectAltName ?? '')
    return this.#names.flatMap(([kind, value]) => (kind === wanted ? [value] : []))
  }
}

/** node:crypto's has a line a part, least specific first; an empty one is undefined. */
function distinguishedName(text: string | undefined): string {
  if (!text) return ''
  const parts = text.split('\n').map(part => {
    const at = part.indexOf('=')
    return `${part.slice(0, at)}=${escaped(part.slice(at + 1))}`
  })
  return parts.reverse().join(',')
}

/** RFC 2253 2.4. */
function escaped(value: string): string {
  return value
    .replaceAll(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
}

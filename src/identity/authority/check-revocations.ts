/**
 * Whether lists of what is revoked (CRL, RFC 5280 5.1) can be given to workloads. Verifiers want one of each authority on the way to the root, valid now: with
 * less than that they trust nobody, and the whole mesh would stand still.
 */
import { contextTag, DerReader, TAG } from '../../lib/der.ts'
import { pemBlocks } from '../../lib/pem.ts'

/** @param text PEM @param authorities names of those on the way to the root, as they are encoded @throws when it will not do */
export function checkRevocations(text: string, authorities: readonly Buffer[], now: number): void {
  const lists = pemBlocks(text, 'X509 CRL').map(({ bytes }) => readList(bytes))
  if (lists.length === 0) throw new Error('it holds no list of revocations (PEM "X509 CRL")')
  const expired = lists.find(({ until }) => until < now)
  if (expired) throw new Error(`a list in it is valid until ${new Date(expired.until).toISOString()} only`)
  const missing = authorities.filter(name => !lists.some(({ issuer }) => issuer.equals(name))).length
  if (missing > 0) throw new Error(`it lacks the list of ${missing} of ${authorities.length} authorities on the way to the root`)
}

interface RevocationList {
  readonly issuer: Buffer
  /** Milliseconds since the epoch; Infinity when it does not say. */
  readonly until: number
}

function readList(bytes: Buffer): RevocationList {
  const content = new DerReader(bytes).enter(TAG.sequence).enter(TAG.sequence)
  if (content.tag === TAG.integer) content.skip()
  content.read(TAG.sequence)
  const issuer = content.read(TAG.sequence).bytes
  content.skip()
  const { tag } = content
  return { issuer, until: tag === TAG.utcTime || tag === TAG.generalizedTime ? readTime(content.read(tag)) : Infinity }
}

/** RFC 5280 4.1.2.5: UTC, to the second. */
function readTime({ tag, content }: { readonly tag: number; readonly content: Buffer }): number {
  const text = content.toString('latin1')
  const digits = tag === TAG.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits) ?? []
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(ms)) throw new Error(`"${text}" is no time`)
  return ms
}

/** The subject of a certificate, as it is encoded: verifiers compare the bytes. */
export function subjectOf(certificate: Buffer): Buffer {
  const content = new DerReader(certificate).enter(TAG.sequence).enter(TAG.sequence)
  if (content.tag === contextTag(0, true)) content.skip()
  // serialNumber, signature, issuer, validity
  for (let field = 0; field < 4; field++) content.skip()
  return content.read(TAG.sequence).bytes
}

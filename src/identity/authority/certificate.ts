/**
 * The certificates of the mesh (RFC 5280): what stands in a root's, what in a workload's, and revocation lists. Written by hand over lib/der.ts: the
 * profile is fixed and small, and a library took 1.9 ms of CPU for each certificate where the two signatures take 0.1 ms.
 */
import { createHash, createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import {
  bitString,
  boolean,
  contextTag,
  DerReader,
  element,
  integer,
  objectId,
  octetString,
  readBitString,
  sequence,
  TAG,
  time,
  utf8String,
} from '../../lib/der.ts'
import { signatureAlgorithm, signed } from '../workload/signing.ts'

/** Milliseconds since the epoch. */
export interface Validity {
  readonly from: number
  readonly until: number
}

/** Whose key signs, and how certificates name it. */
export interface Issuer {
  readonly key: KeyObject
  /** Name, DER. */
  readonly name: Buffer
  /** Subject key identifier. */
  readonly keyId: Buffer
}

const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const
const SERVER_AUTH = objectId('1.3.6.1.5.5.7.3.1')
const CLIENT_AUTH = objectId('1.3.6.1.5.5.7.3.2')
const ORGANISATION = '2.5.4.10'
const ORGANISATIONAL_UNIT = '2.5.4.11'
/** KeyUsage as a bit string: keyCertSign and cRLSign; digitalSignature; digitalSignature and keyEncipherment. */
const CA_USAGE = bitString(Buffer.from([0x06]), 1)
const EC_USAGE = bitString(Buffer.from([0x80]), 7)
const RSA_USAGE = bitString(Buffer.from([0xa0]), 5)
const VERSION_3 = element(contextTag(0, true), integer(2))
const GENERAL_NAME = { dns: contextTag(2, false), uri: contextTag(6, false), ip: contextTag(7, false) }

/** A name of one part: `O = trust domain`, as Istio's roots have it. */
export function organisation(name: string): Buffer {
  return sequence(element(TAG.set, sequence(objectId(ORGANISATION), utf8String(name))))
}

/** RFC 5280 4.2.1.2 (1): SHA-1 of the key's bits. */
export function keyIdOf(spki: Buffer): Buffer {
  const info = new DerReader(spki).enter(TAG.sequence)
  info.skip()
  return createHash('sha1')
    .update(readBitString(info.read(TAG.bitString)))
    .digest()
}

export function issuerOf(key: KeyObject, name: Buffer): Issuer {
  return { key, name, keyId: keyIdOf(createPublicKey(key).export({ type: 'spki', format: 'der' })) }
}

/** @returns DER of a certificate that signs itself */
export function rootCertificate(issuer: Issuer, validity: Validity): Buffer {
  return certificate(issuer, issuer.name, createPublicKey(issuer.key).export({ type: 'spki', format: 'der' }), validity, [
    extension(EXTENSION.basicConstraints, sequence(boolean(true)), true),
    extension(EXTENSION.keyUsage, CA_USAGE, true),
    extension(EXTENSION.subjectKeyId, octetString(issuer.keyId)),
  ])
}

export interface LeafNames {
  readonly uris?: readonly string[]
  readonly dns?: readonly string[]
  /** Addresses, four or sixteen bytes each. */
  readonly ips?: readonly Uint8Array[]
  /** OUs of the subject: who the workload is, for telemetry. None: the subject is empty. */
  readonly units?: readonly string[]
}

/** @param spki of the key that it certifies @returns DER */
export function leafCertificate(issuer: Issuer, spki: Buffer, isRsa: boolean, names: LeafNames, validity: Validity): Buffer {
  const { uris = [], dns = [], ips = [], units = [] } = names
  const alternatives = sequence(
    ...uris.map(uri => element(GENERAL_NAME.uri, Buffer.from(uri))),
    ...dns.map(name => element(GENERAL_NAME.dns, Buffer.from(name))),
    ...ips.map(ip => element(GENERAL_NAME.ip, ip)),
  )
  return certificate(issuer, subjectOf(units), spki, validity, [
    extension(EXTENSION.keyUsage, isRsa ? RSA_USAGE : EC_USAGE, true),
    extension(EXTENSION.extendedKeyUsage, sequence(SERVER_AUTH, CLIENT_AUTH)),
    extension(EXTENSION.basicConstraints, sequence(), true),
    extension(EXTENSION.authorityKeyId, sequence(element(contextTag(0, false), issuer.keyId))),
    // Critical where the subject is empty (4.2.1.6).
    extension(EXTENSION.subjectAltName, alternatives, units.length === 0),
  ])
}

function subjectOf(units: readonly string[]): Buffer {
  return sequence(...units.map(unit => element(TAG.set, sequence(objectId(ORGANISATIONAL_UNIT), utf8String(unit)))))
}

export interface Revocation {
  /** Serial number, hexadecimal. */
  readonly serial: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** A certificate revocation list. @param number grows with each list @returns DER */
export function revocationList(issuer: Issuer, revoked: readonly Revocation[], validity: Validity, number: number): Buffer {
  const entries = revoked.map(({ serial, at }) => sequence(integer(Buffer.from(serial, 'hex')), time(at)))
  const extensions = sequence(
    extension(EXTENSION.authorityKeyId, sequence(element(contextTag(0, false), issuer.keyId))),
    extension(EXTENSION.crlNumber, integer(number)),
  )
  const content = sequence(
    integer(1),
    signatureAlgorithm(issuer.key),
    issuer.name,
    time(validity.from),
    time(validity.until),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    element(contextTag(0, true), extensions),
  )
  return signed(content, issuer.key)
}

function certificate(issuer: Issuer, subject: Buffer, spki: Buffer, validity: Validity, extensions: readonly Buffer[]): Buffer {
  const content = sequence(
    VERSION_3,
    integer(serialNumber()),
    signatureAlgorithm(issuer.key),
    issuer.name,
    sequence(time(validity.from), time(validity.until)),
    subject,
    spki,
    element(contextTag(3, true), sequence(...extensions)),
  )
  return signed(content, issuer.key)
}

/** Positive, never zero, and nobody can guess it (CA/Browser Forum 7.1 asks for 64 bits). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes.writeUInt8(((bytes[0] ?? 0) & 0x7f) | 0x40, 0)
  return bytes
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), octetString(value))
}

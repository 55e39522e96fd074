/**
 * Reads a certificate signing request (PKCS #10, RFC 2986) of a stranger: the public key, whose possession the signature proves, and the names
 * asked for. Everything else in it is the authority's to decide.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { contextTag, DerReader, readBitString, readObjectId, TAG } from '../../lib/der.ts'
import { pemBlocks } from '../../lib/pem.ts'

export interface CertificateRequest {
  readonly publicKey: KeyObject
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer
  readonly uris: readonly string[]
  /** It asks for names that are no URIs (DNS names, addresses). */
  readonly otherNames: boolean
}

/** More than an RSA key of 8192 bits with a page of names. */
const MAX_BYTES = 16 * 1024
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'
const SUBJECT_ALT_NAME = '2.5.29.17'
const URI = contextTag(6, false)
const ATTRIBUTES = contextTag(0, true)

/** Digest by signature algorithm: ECDSA and RSA PKCS #1 v1.5, with SHA-2. */
const DIGESTS: Readonly<Record<string, { readonly digest: string; readonly key: 'ec' | 'rsa' }>> = {
  '1.2.840.10045.4.3.2': { digest: 'sha256', key: 'ec' },
  '1.2.840.10045.4.3.3': { digest: 'sha384', key: 'ec' },
  '1.2.840.10045.4.3.4': { digest: 'sha512', key: 'ec' },
  '1.2.840.113549.1.1.11': { digest: 'sha256', key: 'rsa' },
  '1.2.840.113549.1.1.12': { digest: 'sha384', key: 'rsa' },
  '1.2.840.113549.1.1.13': { digest: 'sha512', key: 'rsa' },
}
const CURVES: ReadonlySet<string | undefined> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const RSA_BITS = { least: 2048, most: 8192 }

/** @throws in words what is wrong with it */
export function readCertificateRequest(text: string): CertificateRequest {
  if (text.length > MAX_BYTES) throw new Error(`it has ${text.length} characters, expected at most ${MAX_BYTES}`)
  const [block, ...more] = pemBlocks(text, 'CERTIFICATE REQUEST')
  if (block === undefined || more.length > 0) throw new Error('expected one PEM block of "CERTIFICATE REQUEST"')
  const outer = new DerReader(block.bytes)
  const request = outer.enter(TAG.sequence)
  outer.end()
  const info = request.read(TAG.sequence)
  const algorithm = readObjectId(request.enter(TAG.sequence).read(TAG.objectId))
  const signature = readBitString(request.read(TAG.bitString))
  request.end()
  const { spki, uris, otherNames } = readInfo(info.content)
  const publicKey = readKey(spki)
  const method = DIGESTS[algorithm]
  if (method === undefined || publicKey.asymmetricKeyType !== method.key)
    throw new Error(`it is signed with "${algorithm}", expected ECDSA or RSA with SHA-2, as its key says`)
  if (!verify(method.digest, info.bytes, publicKey, signature)) throw new Error('its signature is not by its key')
  return { publicKey, spki, uris, otherNames }
}

function readInfo(bytes: Buffer): Pick<CertificateRequest, 'spki' | 'uris' | 'otherNames'> {
  const info = new DerReader(bytes)
  info.read(TAG.integer)
  info.read(TAG.sequence)
  const spki = info.read(TAG.sequence).bytes
  const names = { uris: [] as string[], otherNames: false }
  if (info.tag === ATTRIBUTES) {
    const attributes = info.enter(ATTRIBUTES)
    while (!attributes.atEnd) readAttribute(attributes.enter(TAG.sequence), names)
  }
  info.end()
  return { spki, ...names }
}

interface Names {
  readonly uris: string[]
  otherNames: boolean
}

function readAttribute(attribute: DerReader, names: Names): void {
  if (readObjectId(attribute.read(TAG.objectId)) !== EXTENSION_REQUEST) return
  const extensions = attribute.enter(TAG.set).enter(TAG.sequence)
  while (!extensions.atEnd) {
    const extension = extensions.enter(TAG.sequence)
    if (readObjectId(extension.read(TAG.objectId)) !== SUBJECT_ALT_NAME) continue
    if (extension.tag === TAG.boolean) extension.skip()
    const list = new DerReader(extension.read(TAG.octetString).content).enter(TAG.sequence)
    while (!list.atEnd) {
      if (list.tag === URI) names.uris.push(list.read(URI).content.toString('latin1'))
      else {
        names.otherNames = true
        list.skip()
      }
    }
  }
}

function readKey(spki: Buffer): KeyObject {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ec' && CURVES.has(namedCurve)) return key
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= RSA_BITS.least && modulusLength <= RSA_BITS.most) return key
  throw new Error(
    `its key is ${key.asymmetricKeyType} ${namedCurve ?? modulusLength}, expected an elliptic curve P-256, P-384 or P-521, or RSA of ${RSA_BITS.least} to ${RSA_BITS.most} bits`,
  )
}

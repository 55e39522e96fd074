/**
 * A certificate signing request (PKCS #10, RFC 2986) for a workload's key, with its SPIFFE id as the only name, or none. By hand, because it is in every
 * sidecar: a certificate library would cost more memory than the rest of the identity.
 */
import { contextTag, element, integer, objectId, octetString, sequence, TAG } from '../../lib/der.ts'
import { pem } from '../../lib/pem.ts'
import { type KeyPair, signed } from './signing.ts'

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'
const SUBJECT_ALT_NAME = '2.5.29.17'
/** GeneralName's uniformResourceIdentifier. */
const URI = contextTag(6, false)

/** @param spiffeId undefined: whatever the authority knows the caller by @returns PEM */
export function certificateRequest(keys: KeyPair, spiffeId?: string): string {
  const attributes = spiffeId === undefined ? [] : [nameAttribute(spiffeId)]
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' })
  const noSubject = sequence()
  const info = sequence(integer(0), noSubject, publicKey, element(contextTag(0, true), ...attributes))
  return pem('CERTIFICATE REQUEST', signed(info, keys.privateKey))
}

function nameAttribute(spiffeId: string): Buffer {
  const names = sequence(element(URI, Buffer.from(spiffeId)))
  const extension = sequence(objectId(SUBJECT_ALT_NAME), octetString(names))
  return sequence(objectId(EXTENSION_REQUEST), element(TAG.set, sequence(extension)))
}

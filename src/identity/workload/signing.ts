/** The two kinds of keys of the mesh, how each signs, and what certificates call that. */
import { generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { element, objectId, sequence, TAG } from '../../lib/der.ts'

/** Istio's ECC_SIGNATURE_ALGORITHM and its default of RSA, of which ours is the former. */
export type KeyType = 'ecdsa-p256' | 'rsa-2048'

export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const generate = promisify(generateKeyPair)

export function makeKeyPair(type: KeyType): Promise<KeyPair> {
  return type === 'ecdsa-p256' ? generate('ec', { namedCurve: 'P-256' }) : generate('rsa', { modulusLength: 2048 })
}

/** AlgorithmIdentifier: ecdsa-with-SHA256 (RFC 5758), sha256WithRSAEncryption with its NULL (RFC 4055). */
const ECDSA_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'))
const RSA_SHA256 = sequence(objectId('1.2.840.113549.1.1.11'), element(TAG.null))

/** @throws when the key is of another kind */
export function signatureAlgorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'ec') return ECDSA_SHA256
  if (key.asymmetricKeyType === 'rsa') return RSA_SHA256
  throw new Error(`Cannot sign with a key of type "${key.asymmetricKeyType}", expected ec or rsa`)
}

/** The signed form of certificates, requests and revocation lists alike: content, algorithm, signature. */
export function signed(content: Buffer, key: KeyObject): Buffer {
  const signature = sign('sha256', content, key)
  return sequence(content, signatureAlgorithm(key), element(TAG.bitString, Buffer.alloc(1), signature))
}

/** What a peer's certificate must be, beyond a chain to a trusted root: names, hashes, keys (CertificateValidationContext). */
import type { X509Certificate } from 'node:crypto'
import {
  CertificateValidationContext,
  CertificateValidationContext_TrustChainVerification as TrustChain,
} from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import { alternativeNames, sanTest } from './san-match.ts'

/** @returns why the certificate is not accepted; undefined: it is */
export type PeerTest = (certificate: X509Certificate) => string | undefined

export interface PeerValidation {
  /** The chain must lead to trusted_ca, or to the system's roots. */
  readonly verifiesChain: boolean
  /** There is what to trust, and a chain that leads elsewhere is accepted all the same: its certificate proves nothing. */
  readonly acceptsUntrusted: boolean
  readonly test: PeerTest
}

/** Envoy's merge of what stands in the listener or cluster with what came as a secret. */
export function merged(
  base: CertificateValidationContext | undefined,
  secret: CertificateValidationContext | undefined,
): CertificateValidationContext | undefined {
  if (base === undefined || secret === undefined) return base ?? secret
  // Protobuf's: repeated fields are put one after the other, others are replaced where the second has them.
  return CertificateValidationContext.decode(
    Buffer.concat([CertificateValidationContext.encode(base).finish(), CertificateValidationContext.encode(secret).finish()]),
  )
}

/**
 * @param incomplete what is trusted comes later, as a secret
 * @throws naming the field that is not supported, or is of no use
 */
export function peerValidation(validation: CertificateValidationContext | undefined, incomplete = false): PeerValidation {
  if (validation === undefined) return { verifiesChain: false, acceptsUntrusted: false, test: () => undefined }
  refuseUnsupported(validation)
  const { matchTypedSubjectAltNames, verifyCertificateHash, verifyCertificateSpki, trustChainVerification } = validation
  const trusts = validation.trustedCa !== undefined || validation.systemRootCerts !== undefined
  const names = matchTypedSubjectAltNames.map(sanTest)
  const hashes = new Set(verifyCertificateHash.map(hash => hash.replaceAll(':', '').toLowerCase()))
  const keys = new Set(verifyCertificateSpki)
  if (names.length > 0 && !trusts && !incomplete)
    throw new Error('match_typed_subject_alt_names is of no use without trusted_ca, expected both')
  return {
    verifiesChain: trusts && trustChainVerification === TrustChain.VERIFY_TRUST_CHAIN,
    acceptsUntrusted: trusts && trustChainVerification === TrustChain.ACCEPT_UNTRUSTED,
    test(certificate) {
      const text = certificate.subjectAltName ?? ''
      if (names.length > 0 && !alternativeNames(text).some(([kind, value]) => names.some(test => test(kind, value))))
        return `the certificate is for "${text}", which no SAN matcher accepts`
      if (hashes.size + keys.size === 0 || hashes.has(hashOf(certificate)) || keys.has(keyHashOf(certificate))) return undefined
      return 'neither verify_certificate_hash nor verify_certificate_spki has the certificate'
    },
  }
}

function refuseUnsupported(validation: CertificateValidationContext): void {
  const present: readonly (readonly [field: string, present: boolean])[] = [
    ['ca_certificate_provider_instance', validation.caCertificateProviderInstance !== undefined],
    ['watched_directory', validation.watchedDirectory !== undefined],
    ['match_subject_alt_names', validation.matchSubjectAltNames.length > 0],
    ['require_signed_certificate_timestamp', validation.requireSignedCertificateTimestamp ?? false],
    ['allow_expired_certificate', validation.allowExpiredCertificate],
    ['custom_validator_config', validation.customValidatorConfig !== undefined],
    ['only_verify_leaf_cert_crl', validation.onlyVerifyLeafCertCrl],
    ['max_verify_depth', validation.maxVerifyDepth !== undefined],
  ]
  const [field] = present.find(([, is]) => is) ?? []
  if (field !== undefined) throw new Error(`validation context field ${field} is not supported`)
}

function hashOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}

function keyHashOf({ publicKey }: X509Certificate): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(spki).digest('base64')
}

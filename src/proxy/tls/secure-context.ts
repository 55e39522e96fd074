/** node:tls's form of certificates, trust, versions and ciphers. node:tls is loaded with the first one. */
import type { SecureContext, SecureVersion } from 'node:tls'
import {
  type CertificateValidationContext,
  type TlsCertificate,
  type TlsParameters,
  TlsParameters_TlsProtocol,
} from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import { readDataSource } from './data-source.ts'

/**
 * Envoy's, outside of FIPS. Node's own come with a post-quantum one before the others, whose key is made for every connection and doubles the cost of a
 * resumed handshake; who wants it names it (meshMTLS.ecdhCurves, tlsDefaults.ecdhCurves).
 */
const CURVES = ['X25519', 'P-256']

/** @throws on what does not parse, and on a key that is not the certificate's */
export function secureContext(
  certificates: readonly TlsCertificate[],
  validation: CertificateValidationContext | undefined,
  params: TlsParameters | undefined,
): SecureContext {
  const ca = readDataSource('trusted_ca', validation?.trustedCa)
  const crl = readDataSource('crl', validation?.crl)
  const suites = params?.cipherSuites ?? []
  const curves = params?.ecdhCurves.length ? params.ecdhCurves : CURVES
  try {
    // node:tls takes a CA that is none without a word, and would then trust nobody.
    if (ca) new (process.getBuiltinModule('node:crypto').X509Certificate)(ca)
    return process.getBuiltinModule('node:tls').createSecureContext({
      ...(certificates.length > 0 && { cert: certificates.map(chain), key: certificates.map(key) }),
      ...(ca && { ca }),
      ...(crl && { crl }),
      ...(suites.length > 0 && { ciphers: suites.join(':') }),
      ecdhCurve: curves.join(':'),
      // Sessions of clients that showed a certificate are resumed only in a context that has a name.
      sessionIdContext: 'mizzen',
    })
  } catch (error) {
    throw new Error(`certificates of the TLS context cannot be used: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function chain(certificate: TlsCertificate): Buffer {
  const bytes = readDataSource('certificate_chain', certificate.certificateChain)
  if (!bytes) throw new Error('a TLS certificate has no certificate_chain')
  return bytes
}

function key(certificate: TlsCertificate) {
  const pem = readDataSource('private_key', certificate.privateKey)
  if (!pem) throw new Error('a TLS certificate has no private_key')
  const passphrase = readDataSource('password', certificate.password)?.toString()
  return passphrase === undefined ? { pem } : { pem, passphrase }
}

const VERSIONS: Readonly<Record<number, SecureVersion>> = {
  [TlsParameters_TlsProtocol.TLSv1_0]: 'TLSv1',
  [TlsParameters_TlsProtocol.TLSv1_1]: 'TLSv1.1',
  [TlsParameters_TlsProtocol.TLSv1_2]: 'TLSv1.2',
  [TlsParameters_TlsProtocol.TLSv1_3]: 'TLSv1.3',
}

export function versions(params: TlsParameters | undefined): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  return {
    minVersion: VERSIONS[params?.tlsMinimumProtocolVersion ?? 0] ?? 'TLSv1.2',
    maxVersion: VERSIONS[params?.tlsMaximumProtocolVersion ?? 0] ?? 'TLSv1.3',
  }
}

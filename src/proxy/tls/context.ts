/**
 * What both directions of TLS read of a CommonTlsContext: certificates, trust, versions, ciphers. node:tls is loaded with the first one.
 */
import { readFileSync } from 'node:fs'
import type { SecureVersion } from 'node:tls'
import type { DataSource } from '../../xds/gen/envoy/config/core/v3/base.ts'
import {
  type CertificateValidationContext,
  type TlsCertificate,
  TlsParameters_TlsProtocol,
} from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import type { CommonTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'

/** @throws when it comes by SDS */
export function validationContext(common: CommonTlsContext | undefined): CertificateValidationContext | undefined {
  const validation = common?.validationContextType
  switch (validation?.$case) {
    case undefined:
      return undefined
    case 'validationContext':
      return validation.value
    case 'combinedValidationContext':
      if (!validation.value.validationContextSdsSecretConfig) return validation.value.defaultValidationContext
  }
  throw new Error('secrets for verification come by SDS, which is not supported yet, expected an inline validation_context')
}

/** @throws on certificates that do not parse, and on secrets that come by SDS */
export function secureContext(common: CommonTlsContext | undefined, validation: CertificateValidationContext | undefined) {
  if (common && common.tlsCertificateSdsSecretConfigs.length > 0)
    throw new Error('certificates come by SDS, which is not supported yet, expected tls_certificates with files or inline data')
  const certificates = common?.tlsCertificates ?? []
  const ca = read('trusted_ca', validation?.trustedCa)
  const crl = read('crl', validation?.crl)
  const suites = common?.tlsParams?.cipherSuites ?? []
  try {
    // node:tls takes a CA that is none without a word, and would then trust nobody.
    if (ca) new (process.getBuiltinModule('node:crypto').X509Certificate)(ca)
    return process.getBuiltinModule('node:tls').createSecureContext({
      ...(certificates.length > 0 && { cert: certificates.map(chain), key: certificates.map(key) }),
      ...(ca && { ca }),
      ...(crl && { crl }),
      ...(suites.length > 0 && { ciphers: suites.join(':') }),
    })
  } catch (error) {
    throw new Error(`certificates of the TLS context cannot be used: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function chain(certificate: TlsCertificate): Buffer {
  const bytes = read('certificate_chain', certificate.certificateChain)
  if (!bytes) throw new Error('a TLS certificate has no certificate_chain')
  return bytes
}

function key(certificate: TlsCertificate) {
  const pem = read('private_key', certificate.privateKey)
  if (!pem) throw new Error('a TLS certificate has no private_key')
  const passphrase = read('password', certificate.password)?.toString()
  return passphrase === undefined ? { pem } : { pem, passphrase }
}

function read(field: string, source: DataSource | undefined): Buffer | undefined {
  const specifier = source?.specifier
  switch (specifier?.$case) {
    case undefined:
      return undefined
    case 'inlineBytes':
      return Buffer.from(specifier.value)
    case 'inlineString':
      return Buffer.from(specifier.value)
    case 'environmentVariable': {
      const value = process.env[specifier.value]
      if (value === undefined)
        throw new Error(`${field} is to come from the environment variable "${specifier.value}", which is not set`)
      return Buffer.from(value)
    }
    case 'filename':
      try {
        return readFileSync(specifier.value)
      } catch (error) {
        throw new Error(`${field} "${specifier.value}" cannot be read: ${error instanceof Error ? error.message : String(error)}`)
      }
  }
}

const VERSIONS: Readonly<Record<number, SecureVersion>> = {
  [TlsParameters_TlsProtocol.TLSv1_0]: 'TLSv1',
  [TlsParameters_TlsProtocol.TLSv1_1]: 'TLSv1.1',
  [TlsParameters_TlsProtocol.TLSv1_2]: 'TLSv1.2',
  [TlsParameters_TlsProtocol.TLSv1_3]: 'TLSv1.3',
}

export function versions(common: CommonTlsContext | undefined): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  return {
    minVersion: VERSIONS[common?.tlsParams?.tlsMinimumProtocolVersion ?? 0] ?? 'TLSv1.2',
    maxVersion: VERSIONS[common?.tlsParams?.tlsMaximumProtocolVersion ?? 0] ?? 'TLSv1.3',
  }
}

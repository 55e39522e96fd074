/**
 * TLS towards upstreams (envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext): certificates, what is verified, and what the
 * peer is told. node:tls is loaded when the first such context is read.
 */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions, PeerCertificate, SecureVersion } from 'node:tls'
import type { DataSource } from '../../xds/gen/envoy/config/core/v3/base.ts'
import {
  type CertificateValidationContext,
  type SubjectAltNameMatcher,
  SubjectAltNameMatcher_SanType,
  type TlsCertificate,
  TlsParameters_TlsProtocol,
} from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import type { CommonTlsContext, UpstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { compileStringMatcher } from '../route/string-match.ts'

/** Of one connection. */
export interface TlsRequest {
  /** The name to ask for when the configuration gives none: auto_sni. */
  readonly sni: string | undefined
  /** That name must be among those of the certificate: auto_san_validation. */
  readonly verifySni: boolean
  /** What to offer when the configuration says nothing. */
  readonly alpn: readonly string[]
}

type SanTest = (kind: string, value: string) => boolean

export class TlsOrigination {
  readonly #base: ConnectionOptions
  readonly #sni: string
  readonly #alpn: readonly string[]
  readonly #sanTests: readonly SanTest[]
  readonly #verifies: boolean

  /** @throws on certificates that do not parse, and on what is not supported */
  constructor(message: UpstreamTlsContext) {
    const common = message.commonTlsContext
    const validation = validationContext(common)
    this.#verifies = validation?.trustedCa !== undefined || validation?.systemRootCerts !== undefined
    this.#sanTests = (validation?.matchTypedSubjectAltNames ?? []).map(sanTest)
    if (this.#sanTests.length > 0 && !this.#verifies)
      throw new Error('match_typed_subject_alt_names is of no use without trusted_ca, expected both')
    this.#sni = message.sni
    this.#alpn = common?.alpnProtocols ?? []
    this.#base = {
      secureContext: secureContext(common, validation),
      rejectUnauthorized: this.#verifies,
      ...versions(common),
    }
  }

  /** What node:tls connects with, besides the socket. */
  options({ sni, verifySni, alpn }: TlsRequest): ConnectionOptions {
    const servername = this.#sni || sni || ''
    return {
      ...this.#base,
      servername,
      ALPNProtocols: [...(this.#alpn.length > 0 ? this.#alpn : alpn)],
      // Envoy compares no host name by itself: only what the configuration lists, or the name that was asked for.
      checkServerIdentity: (_host, certificate) => this.#verify(certificate, verifySni ? servername : undefined),
    }
  }

  #verify(certificate: PeerCertificate, name: string | undefined): Error | undefined {
    const names = alternativeNames(certificate.subjectaltname ?? '')
    if (this.#sanTests.length > 0 && !names.some(([kind, value]) => this.#sanTests.some(test => test(kind, value))))
      return new Error(
        `the certificate is for "${certificate.subjectaltname ?? ''}", which no SAN matcher of the cluster accepts`,
      )
    if (name === undefined) return undefined
    return process.getBuiltinModule('node:tls').checkServerIdentity(name, certificate)
  }
}

function validationContext(common: CommonTlsContext | undefined): CertificateValidationContext | undefined {
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

function secureContext(common: CommonTlsContext | undefined, validation: CertificateValidationContext | undefined) {
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

function versions(common: CommonTlsContext | undefined): { minVersion: SecureVersion; maxVersion: SecureVersion } {
  return {
    minVersion: VERSIONS[common?.tlsParams?.tlsMinimumProtocolVersion ?? 0] ?? 'TLSv1.2',
    maxVersion: VERSIONS[common?.tlsParams?.tlsMaximumProtocolVersion ?? 0] ?? 'TLSv1.3',
  }
}

/** node:tls's words for the kinds of name. */
const KINDS: Readonly<Record<number, string>> = {
  [SubjectAltNameMatcher_SanType.DNS]: 'DNS',
  [SubjectAltNameMatcher_SanType.URI]: 'URI',
  [SubjectAltNameMatcher_SanType.IP_ADDRESS]: 'IP Address',
  [SubjectAltNameMatcher_SanType.EMAIL]: 'email',
}

function sanTest(matcher: SubjectAltNameMatcher): SanTest {
  const wanted = KINDS[matcher.sanType]
  if (wanted === undefined)
    throw new Error(`SAN matchers of type ${matcher.sanType} are not supported, expected DNS, URI, IP_ADDRESS or EMAIL`)
  const matches = compileStringMatcher(matcher.matcher)
  return (kind, value) => kind === wanted && matches(value)
}

/** `DNS:a.example, URI:spiffe://x/y, IP Address:10.0.0.1`; values with special characters are JSON strings. */
function alternativeNames(text: string): (readonly [kind: string, value: string])[] {
  const names: (readonly [string, string])[] = []
  for (const [, kind = '', quoted, plain = ''] of text.matchAll(/([A-Za-z ]+?):(?:("(?:[^"\\]|\\.)*")|([^,]*))(?:, |$)/g)) {
    const value: unknown = quoted === undefined ? plain : JSON.parse(quoted)
    if (typeof value === 'string') names.push([kind, value])
  }
  return names
}

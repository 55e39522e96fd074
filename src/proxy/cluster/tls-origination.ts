/**
 * TLS towards upstreams (envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext): certificates, what is verified, and what the
 * peer is told. node:tls is loaded when the first such context is read.
 */
import type { ConnectionOptions, PeerCertificate } from 'node:tls'
import type { UpstreamTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { secureContext, validationContext, versions } from '../tls/context.ts'
import { alternativeNames, type SanTest, sanTest } from '../tls/san-match.ts'

/** Of one connection. */
export interface TlsRequest {
  /** The name to ask for when the configuration gives none: auto_sni. */
  readonly sni: string | undefined
  /** That name must be among those of the certificate: auto_san_validation. */
  readonly verifySni: boolean
  /** What to offer when the configuration says nothing. */
  readonly alpn: readonly string[]
}

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

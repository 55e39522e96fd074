/**
 * What both directions of TLS make of a CommonTlsContext: node:tls's context and the test of peers, with secrets that may come later and change. Built
 * when all is there, and anew when a secret has changed; connections that are there keep what they began with.
 */
import type { SecureContext } from 'node:tls'
import type {
  CertificateValidationContext,
  TlsCertificate,
} from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import type { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import type { CommonTlsContext } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { readDataSource } from './data-source.ts'
import { PeerCertificate } from './peer.ts'
import type { SecretSlot, Secrets } from './secrets.ts'
import { secureContext } from './secure-context.ts'
import { merged, type PeerValidation, peerValidation } from './validation.ts'

export interface BuiltContext extends PeerValidation {
  readonly secure: SecureContext
  /** There is a trusted_ca, or system roots, or a hash that a peer's certificate is to have: one is asked for. */
  readonly asksForCertificate: boolean
  /** URIs in the first certificate that is shown: SPIFFE ids. */
  readonly ownUriSans: readonly string[]
}

export class TlsContext {
  readonly #common: CommonTlsContext | undefined
  readonly #certificates: readonly SecretSlot[]
  readonly #validation: SecretSlot | undefined
  /** What `#built` was made of. */
  #secrets: readonly (Secret | undefined)[] = []
  #built: BuiltContext | undefined

  /** @throws on what cannot be used, as far as it is known: what comes as a secret is checked when it comes */
  constructor(common: CommonTlsContext | undefined, secrets: Secrets) {
    refuseUnsupported(common)
    this.#common = common
    this.#certificates = (common?.tlsCertificateSdsSecretConfigs ?? []).map(config => secrets.slot(config))
    const validation = validationSecret(common)
    this.#validation = validation && secrets.slot(validation)
    if (this.slots.length === 0) this.#built = this.#build()
    else peerValidation(inlineValidation(common), this.#validation !== undefined)
  }

  /** The secrets that it refers to. */
  get slots(): readonly SecretSlot[] {
    return this.#validation ? [...this.#certificates, this.#validation] : this.#certificates
  }

  get hasCertificate(): boolean {
    return (this.#common?.tlsCertificates.length ?? 0) + this.#certificates.length > 0
  }

  /** undefined: a secret is not there yet. */
  get current(): BuiltContext | undefined {
    const { slots } = this
    if (slots.length === 0 || slots.every((slot, i) => slot.secret === this.#secrets[i])) return this.#built
    if (slots.some(slot => slot.secret === undefined)) return this.#built
    this.#secrets = slots.map(slot => slot.secret)
    try {
      this.#built = this.#build()
    } catch {
      // Each secret is sound by itself (see check-secret.ts); together they are not yet, as when key and trust change one after the other.
    }
    return this.#built
  }

  #build(): BuiltContext {
    const common = this.#common
    const validation = merged(inlineValidation(common), validationOf(this.#validation?.secret))
    const certificates = [...(common?.tlsCertificates ?? []), ...this.#certificates.flatMap(slot => certificateOf(slot.secret))]
    const secure = secureContext(certificates, validation, common?.tlsParams)
    const peer = peerValidation(validation)
    return { secure, asksForCertificate: validation !== undefined, ownUriSans: uriSansOf(certificates[0]), ...peer }
  }
}

function validationSecret(common: CommonTlsContext | undefined) {
  const choice = common?.validationContextType
  if (choice?.$case === 'validationContextSdsSecretConfig') return choice.value
  return choice?.$case === 'combinedValidationContext' ? choice.value.validationContextSdsSecretConfig : undefined
}

function inlineValidation(common: CommonTlsContext | undefined): CertificateValidationContext | undefined {
  const choice = common?.validationContextType
  if (choice?.$case === 'validationContext') return choice.value
  return choice?.$case === 'combinedValidationContext' ? choice.value.defaultValidationContext : undefined
}

function validationOf(secret: Secret | undefined): CertificateValidationContext | undefined {
  return secret?.type?.$case === 'validationContext' ? secret.type.value : undefined
}

function certificateOf(secret: Secret | undefined): TlsCertificate[] {
  return secret?.type?.$case === 'tlsCertificate' ? [secret.type.value] : []
}

function uriSansOf(certificate: TlsCertificate | undefined): readonly string[] {
  const chain = readDataSource('certificate_chain', certificate?.certificateChain)
  if (chain === undefined) return []
  return new PeerCertificate(new (process.getBuiltinModule('node:crypto').X509Certificate)(chain)).uriSans
}

function refuseUnsupported(common: CommonTlsContext | undefined): void {
  if (common === undefined) return
  const choice = common.validationContextType?.$case
  const present: readonly (readonly [field: string, present: boolean])[] = [
    ['tls_certificate_provider_instance', common.tlsCertificateProviderInstance !== undefined],
    ['tls_certificate_certificate_provider', common.tlsCertificateCertificateProvider !== undefined],
    ['tls_certificate_certificate_provider_instance', common.tlsCertificateCertificateProviderInstance !== undefined],
    ['validation_context_certificate_provider', choice === 'validationContextCertificateProvider'],
    ['validation_context_certificate_provider_instance', choice === 'validationContextCertificateProviderInstance'],
    ['custom_handshaker', common.customHandshaker !== undefined],
    ['key_log', common.keyLog !== undefined],
  ]
  const [field] = present.find(([, is]) => is) ?? []
  if (field !== undefined) throw new Error(`TLS context field ${field} is not supported`)
}

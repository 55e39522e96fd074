/** TLS that a gateway ends: certificates from files, or as secrets over the same stream as everything else. */
import { BUILT_IN, type ServerTls } from '../../model/gateway.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { TransportSocket } from '../gen/envoy/config/core/v3/base.ts'
import {
  CertificateValidationContext,
  CertificateValidationContext_TrustChainVerification as TrustChain,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import { type CommonTlsContext, DownstreamTlsContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { pack } from '../wire/any.ts'
import { file, subjectAltName } from './certificate-files.ts'
import { resumption, workloadCertificate } from './mesh-tls.ts'
import { adsSecret, authoritySecret, certificateSecret } from './secret-reference.ts'
import { serverParameters } from './tls-parameters.ts'

/** @returns undefined: the mode does not end TLS here */
export function downstreamTls(tls: ServerTls, settings: MeshSettings, http: boolean): TransportSocket | undefined {
  if (tls.mode === 'passthrough' || tls.mode === 'auto-passthrough' || tls.mode === 'mesh') return undefined
  const message = DownstreamTlsContext.fromPartial({
    requireClientCertificate: tls.mode === 'mutual',
    ...(tls.mode === 'mutual' || tls.mode === 'optional-mutual' ? resumption(settings) : {}),
    commonTlsContext: {
      alpnProtocols: http ? ['h2', 'http/1.1'] : [],
      tlsParams: serverParameters(tls, settings),
      tlsCertificates: tls.credentials.length > 0 ? [] : tls.certificates.map(entry => certificateFiles(entry)),
      tlsCertificateSdsSecretConfigs: tls.credentials.map(name =>
        name === BUILT_IN ? workloadCertificate() : adsSecret(certificateSecret(name)),
      ),
      validationContextType: validation(tls),
    },
  })
  const type = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'
  return TransportSocket.fromPartial({
    name: 'envoy.transport_sockets.tls',
    configType: { $case: 'typedConfig', value: pack(type, DownstreamTlsContext, message) },
  })
}

/** How the client's certificate is checked, where one is asked for. */
function validation(tls: ServerTls): CommonTlsContext['validationContextType'] {
  if (tls.mode !== 'mutual' && tls.mode !== 'optional-mutual' && tls.mode !== 'doubtful-mutual') return undefined
  const [credential] = tls.credentials
  const name = tls.caCredential ? certificateSecret(tls.caCredential) : credential && authoritySecret(credential)
  const conditions = CertificateValidationContext.fromPartial({
    trustChainVerification: tls.mode === 'doubtful-mutual' ? TrustChain.ACCEPT_UNTRUSTED : TrustChain.VERIFY_TRUST_CHAIN,
    verifyCertificateSpki: [...tls.spki],
    verifyCertificateHash: [...tls.hashes],
    matchTypedSubjectAltNames: tls.subjectAltNames.map(subjectAltName),
  })
  if (name) {
    const value = { defaultValidationContext: conditions, validationContextSdsSecretConfig: adsSecret(name) }
    const none = { validationContextCertificateProvider: undefined, validationContextCertificateProviderInstance: undefined }
    return { $case: 'combinedValidationContext', value: { ...value, ...none } }
  }
  const trustedCa = tls.ca ? file(tls.ca) : undefined
  return { $case: 'validationContext', value: { ...conditions, trustedCa, crl: tls.crl ? file(tls.crl) : undefined } }
}

function certificateFiles({ certificate, key }: ServerTls['certificates'][number]) {
  return { certificateChain: file(certificate), privateKey: file(key) }
}

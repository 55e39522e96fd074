/**
 * TLS from a sidecar or gateway to an endpoint. The mesh's own mutual TLS (mode "mesh", and automatically between sidecars) has its place in
 * upstreamTls(): until the mesh has identities, these connections are plaintext.
 */
import type { ClientTls } from '../../model/traffic-policy.ts'
import { TransportSocket } from '../gen/envoy/config/core/v3/base.ts'
import { CertificateValidationContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import { UpstreamTlsContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { pack } from '../wire/any.ts'
import { file, subjectAltName } from './certificate-files.ts'

export interface TlsContext {
  readonly systemRoots: string
  /** Names that a service says its certificate has. */
  readonly subjectAltNames: readonly string[]
  readonly http2: boolean
}

/** @returns undefined: plaintext */
export function upstreamTls(tls: ClientTls | undefined, context: TlsContext): TransportSocket | undefined {
  if (!tls || tls.mode === 'disable' || tls.mode === 'mesh') return undefined
  const message = UpstreamTlsContext.fromPartial({
    sni: tls.sni,
    commonTlsContext: {
      tlsCertificates: tls.mode === 'mutual' ? [{ certificateChain: file(tls.certificate), privateKey: file(tls.key) }] : [],
      validationContextType: validation(tls, context),
      alpnProtocols: context.http2 ? ['h2'] : ['http/1.1'],
    },
  })
  const type = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'
  return TransportSocket.fromPartial({
    name: 'envoy.transport_sockets.tls',
    configType: { $case: 'typedConfig', value: pack(type, UpstreamTlsContext, message) },
  })
}

/** Whether the server name and the name to check come from each request. */
export function takesNameFromRequest(tls: ClientTls | undefined): boolean {
  return (tls?.mode === 'simple' || tls?.mode === 'mutual') && tls.sni === '' && !tls.skipVerify
}

function validation(tls: ClientTls, context: TlsContext) {
  if (tls.skipVerify) return undefined
  const names = tls.subjectAltNames.length > 0 ? tls.subjectAltNames : context.subjectAltNames
  const value = CertificateValidationContext.fromPartial({
    trustedCa: file(tls.ca || context.systemRoots),
    crl: tls.crl ? file(tls.crl) : undefined,
    matchTypedSubjectAltNames: names.map(subjectAltName),
  })
  return { $case: 'validationContext', value } as const
}

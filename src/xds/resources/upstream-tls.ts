/**
 * TLS from a sidecar or gateway to an endpoint: what a traffic rule says, else mutual TLS of the mesh's own to those endpoints that have
 * a sidecar with a certificate before them, and plaintext to the others.
 */
import { BUILT_IN } from '../../model/gateway.ts'
import { isHttp, isHttp2 } from '../../model/protocol.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { ClientTls } from '../../model/traffic-policy.ts'
import { type Cluster, Cluster_TransportSocketMatch } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { TransportSocket } from '../gen/envoy/config/core/v3/base.ts'
import { CertificateValidationContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import { type CommonTlsContext, UpstreamTlsContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { pack } from '../wire/any.ts'
import { file, inlineText, subjectAltName } from './certificate-files.ts'
import { type ClusterInputs, discoveryOf } from './cluster-inputs.ts'
import { isMeshEndpoint } from './mesh-endpoint.ts'
import { identitiesOf, type MeshPeer, outboundMeshTls, workloadCertificate } from './mesh-tls.ts'
import { serverNameOf } from './names.ts'
import { PLAINTEXT } from './plaintext-socket.ts'
import { adsSecret, authoritySecret, certificateSecret } from './secret-reference.ts'
import { tlsDefaults } from './tls-parameters.ts'

export interface TlsContext {
  readonly settings: MeshSettings
  /** Names that a service says its certificate has. */
  readonly subjectAltNames: readonly string[]
  readonly http2: boolean
  /** Name of the secret that a gateway shows where the rule lets it; "": none. */
  readonly gatewayCredential: string
}

/** The part of a cluster that says how its connections are secured. */
export function clusterTls(inputs: ClusterInputs): Pick<Cluster, 'transportSocket' | 'transportSocketMatches'> {
  const { view, service, port, policy } = inputs
  const { settings } = view
  const none = { transportSocket: undefined, transportSocketMatches: [] }
  const tls = policy?.tls
  if (tls && tls.mode !== 'mesh') {
    const http2 = isHttp2(port.protocol)
    const context = {
      settings,
      subjectAltNames: service.subjectAltNames,
      http2,
      gatewayCredential: view.backendCredential,
    }
    return { ...none, transportSocket: upstreamTls(tls, context) }
  }
  if (!view.identity) return none
  const mesh = () => outboundMeshTls(settings, meshPeer(inputs))
  if (tls) return { ...none, transportSocket: mesh() }
  if (!settings.autoMtls || service.external) return none
  // Addresses that clients dial themselves have no metadata: one way for all of them.
  if (discoveryOf(inputs) === 'original') return isMeshThroughout(inputs) ? { ...none, transportSocket: mesh() } : none
  return {
    ...none,
    transportSocketMatches: [
      Cluster_TransportSocketMatch.fromPartial({ name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transportSocket: mesh() }),
      Cluster_TransportSocketMatch.fromPartial({ name: 'tlsMode-disabled', match: {}, transportSocket: PLAINTEXT }),
    ],
  }
}

/** The server that a cluster of this service expects. */
export function meshPeer({ view, service, port, subset, policy, accounts }: ClusterInputs): MeshPeer {
  const { settings } = view
  const upgraded = policy?.pool?.http2 === 'upgrade' || (settings.upgradeToHttp2 && policy?.pool?.http2 !== 'never')
  const http = isHttp(port.protocol)
  const configured = policy?.tls?.subjectAltNames ?? []
  return {
    sni: policy?.tls?.sni || serverNameOf(port.number, subset?.name ?? '', service.hostname),
    names: configured.length > 0 ? configured : [...identitiesOf(settings, accounts), ...service.subjectAltNames],
    speaks: isHttp2(port.protocol) || (http && upgraded) ? 'h2' : http ? 'http/1.1' : 'bytes',
  }
}

function isMeshThroughout({ view, port, endpoints }: ClusterInputs): boolean {
  const known = endpoints?.get(port.number) ?? []
  return known.length > 0 && known.every(endpoint => isMeshEndpoint(view, endpoint, port))
}

/** @returns undefined: plaintext */
export function upstreamTls(tls: ClientTls | undefined, context: TlsContext): TransportSocket | undefined {
  if (!tls || tls.mode === 'disable' || tls.mode === 'mesh') return undefined
  const { credentialName } = tls
  const mutual = tls.mode === 'mutual'
  const named = mutual && credentialName !== BUILT_IN && credentialName
  const shown = named || (tls.gatewayCertificate && context.gatewayCredential)
  const message = UpstreamTlsContext.fromPartial({
    sni: tls.sni,
    commonTlsContext: {
      tlsCertificates: mutual && !credentialName ? [{ certificateChain: file(tls.certificate), privateKey: file(tls.key) }] : [],
      tlsCertificateSdsSecretConfigs:
        mutual && credentialName === BUILT_IN ? [workloadCertificate()] : shown ? [adsSecret(certificateSecret(shown))] : [],
      validationContextType: validation(tls, context),
      tlsParams: tlsDefaults(context.settings),
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

function validation(tls: ClientTls, context: TlsContext): CommonTlsContext['validationContextType'] {
  if (tls.skipVerify) return undefined
  const names = tls.subjectAltNames.length > 0 ? tls.subjectAltNames : context.subjectAltNames
  const matchTypedSubjectAltNames = names.map(subjectAltName)
  if (tls.credentialName && tls.credentialName !== BUILT_IN) {
    const defaultValidationContext = CertificateValidationContext.fromPartial({ matchTypedSubjectAltNames })
    const secret = adsSecret(authoritySecret(tls.credentialName))
    const none = { validationContextCertificateProvider: undefined, validationContextCertificateProviderInstance: undefined }
    const value = { defaultValidationContext, validationContextSdsSecretConfig: secret, ...none }
    return { $case: 'combinedValidationContext', value }
  }
  const value = CertificateValidationContext.fromPartial({
    trustedCa: tls.authority ? inlineText(tls.authority) : file(tls.ca || context.settings.systemRoots),
    crl: tls.crl ? file(tls.crl) : undefined,
    matchTypedSubjectAltNames,
  })
  return { $case: 'validationContext', value }
}

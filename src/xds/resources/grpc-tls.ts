/**
 * Mutual TLS of gRPC applications without a proxy (gRFC A29): with the certificates that the provider "default" of their bootstrap reads from
 * files. One socket holds for a whole cluster, and for all connections to a server.
 */
import { trustedDomains } from '../../model/identity.ts'
import { TransportSocket } from '../gen/envoy/config/core/v3/base.ts'
import { CertificateValidationContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import { DownstreamTlsContext, UpstreamTlsContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { StringMatcher } from '../gen/envoy/type/matcher/v3/string.ts'
import { pack } from '../wire/any.ts'
import { type ClusterInputs, discoveryOf } from './cluster-inputs.ts'
import { isStrictEndpoint } from './mesh-endpoint.ts'
import { meshPeer } from './upstream-tls.ts'

/** In the bootstrap's certificate_providers, as Istio's agent names it. */
const PROVIDER = { instanceName: 'default', certificateName: '' }

/** @returns undefined: plaintext; impossible: the traffic rule asks for TLS that such a client cannot do */
export function grpcClientSecurity(inputs: ClusterInputs): TransportSocket | 'impossible' | undefined {
  const { view, service, policy } = inputs
  switch (policy?.tls?.mode) {
    case 'disable':
      return undefined
    case 'mesh':
      return view.identity ? meshSocket(inputs) : 'impossible'
    case 'simple':
    case 'mutual':
      return 'impossible'
    case undefined: {
      const secured = view.identity && view.settings.autoMtls && !service.external && takesOnlyMtls(inputs)
      return secured ? meshSocket(inputs) : undefined
    }
  }
}

/** Where plaintext is taken too, mutual TLS is not certain to be: a server without a proxy takes one of them. */
function takesOnlyMtls(inputs: ClusterInputs): boolean {
  const { view, port, endpoints } = inputs
  const known = endpoints?.get(port.number) ?? []
  return discoveryOf(inputs) === 'endpoints' && known.length > 0 && known.every(it => isStrictEndpoint(view, it, port))
}

function meshSocket(inputs: ClusterInputs): TransportSocket {
  const { sni, names } = meshPeer(inputs)
  const anybody = trustedDomains(inputs.view.settings).map(domain =>
    StringMatcher.fromPartial({ matchPattern: { $case: 'prefix', value: `spiffe://${domain}/` } }),
  )
  const exact = names.map(value => StringMatcher.fromPartial({ matchPattern: { $case: 'exact', value } }))
  const message = UpstreamTlsContext.fromPartial({
    sni,
    commonTlsContext: {
      tlsCertificateProviderInstance: PROVIDER,
      validationContextType: validation(exact.length > 0 ? exact : anybody),
    },
  })
  const type = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext'
  return socket(pack(type, UpstreamTlsContext, message))
}

/** Clients need a certificate of the mesh; libraries refuse to look at the name in it here, which is left to access policies. */
export function grpcServerSecurity(): TransportSocket {
  const message = DownstreamTlsContext.fromPartial({
    requireClientCertificate: true,
    commonTlsContext: { tlsCertificateProviderInstance: PROVIDER, validationContextType: validation([]) },
  })
  const type = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext'
  return socket(pack(type, DownstreamTlsContext, message))
}

/** By the deprecated field: it is the one that libraries read. */
function validation(matchSubjectAltNames: StringMatcher[]) {
  const defaultValidationContext = CertificateValidationContext.fromPartial({
    caCertificateProviderInstance: PROVIDER,
    matchSubjectAltNames,
  })
  const unused = {
    validationContextSdsSecretConfig: undefined,
    validationContextCertificateProvider: undefined,
    validationContextCertificateProviderInstance: undefined,
  }
  return { $case: 'combinedValidationContext', value: { defaultValidationContext, ...unused } } as const
}

function socket(value: ReturnType<typeof pack>): TransportSocket {
  return TransportSocket.fromPartial({ name: 'envoy.transport_sockets.tls', configType: { $case: 'typedConfig', value } })
}

/**
 * Mutual TLS with the mesh's own certificates, which come from the agent beside the proxy (secrets "default" and "ROOTCA" of cluster
 * "sds-grpc") and never pass through the control plane.
 */
import { spiffeId, trustedDomains } from '../../model/identity.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { TransportSocket } from '../gen/envoy/config/core/v3/base.ts'
import { ApiConfigSource_ApiType as ApiType, ApiVersion, ConfigSource } from '../gen/envoy/config/core/v3/config_source.ts'
import {
  SubjectAltNameMatcher_SanType as SanType,
  SubjectAltNameMatcher,
  TlsParameters,
  TlsParameters_TlsProtocol as Version,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import { SdsSecretConfig } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import {
  CommonTlsContext,
  DownstreamTlsContext,
  UpstreamTlsContext,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/tls.ts'
import { pack } from '../wire/any.ts'
import { subjectAltName } from './certificate-files.ts'
import { ZERO } from './values.ts'

/** The static cluster of the bootstrap behind which the agent listens. */
export const SDS_CLUSTER = 'sds-grpc'
const CERTIFICATE = 'default'
const AUTHORITY = 'ROOTCA'

/** What sidecars call themselves in ALPN, so that the other side knows mesh traffic before it decrypts it. */
export const MESH_HTTP = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2']
export const MESH_BYTES = ['istio-peer-exchange', 'istio']
/** Of declared HTTP ports, where nothing has to be told apart. */
export const MESH_ANY = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2', 'istio', 'istio-peer-exchange']

const FROM_AGENT: ConfigSource = ConfigSource.fromPartial({
  configSourceSpecifier: {
    $case: 'apiConfigSource',
    value: {
      apiType: ApiType.GRPC,
      setNodeOnFirstMessageOnly: true,
      transportApiVersion: ApiVersion.V3,
      grpcServices: [{ targetSpecifier: { $case: 'envoyGrpc', value: { clusterName: SDS_CLUSTER } } }],
    },
  },
  initialFetchTimeout: ZERO,
  resourceApiVersion: ApiVersion.V3,
})

/** For connections from other workloads: their certificate must be of a trust domain that is ours. */
export function inboundMeshTls(settings: MeshSettings, http: boolean): TransportSocket {
  const ours = trustedDomains(settings).map(domain =>
    SubjectAltNameMatcher.fromPartial({
      sanType: SanType.URI,
      matcher: { matchPattern: { $case: 'prefix', value: `spiffe://${domain}/` } },
    }),
  )
  const alpn = http ? ['h2', 'http/1.1'] : ['istio-peer-exchange', 'h2', 'http/1.1']
  const ciphers = settings.meshTls.minVersion === '1.3' ? [] : CIPHERS
  const message = DownstreamTlsContext.fromPartial({
    requireClientCertificate: true,
    commonTlsContext: common(settings, alpn, ours, ciphers),
    ...resumption(settings),
  })
  return socket(pack('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', DownstreamTlsContext, message))
}

/**
 * Of servers that ask for certificates. Who resumes a session shows none, and a server that does not remember when it ends would go on with a client whose
 * time is over: there every handshake is a whole one.
 */
export function resumption({ resumesUnchecked }: MeshSettings) {
  if (resumesUnchecked !== true) return {}
  return {
    sessionTicketKeysType: { $case: 'disableStatelessSessionResumption', value: true },
    disableStatefulSessionResumption: true,
  } as const
}

export interface MeshPeer {
  /** "outbound_.80_.v1_.reviews.shop.svc.cluster.local" */
  readonly sni: string
  /** What the server's certificate may be for; empty: any workload of the mesh. */
  readonly names: readonly string[]
  readonly speaks: 'bytes' | 'http/1.1' | 'h2'
}

export function outboundMeshTls(settings: MeshSettings, { sni, names, speaks }: MeshPeer): TransportSocket {
  const matchers = names.map(subjectAltName)
  const message = UpstreamTlsContext.fromPartial({
    sni,
    commonTlsContext: common(settings, ALPN[speaks], matchers, []),
  })
  return socket(pack('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', UpstreamTlsContext, message))
}

const ALPN = {
  bytes: ['istio-peer-exchange', 'istio'],
  'http/1.1': ['istio-http/1.1', 'istio', 'http/1.1'],
  h2: ['istio-h2', 'istio', 'h2'],
}

/** SPIFFE ids of service accounts ("namespace/name") under all names of the trust domain. */
export function identitiesOf(settings: MeshSettings, accounts: readonly string[]): string[] {
  return accounts.flatMap(account => {
    const [namespace = '', name = ''] = account.split('/')
    return trustedDomains(settings).map(domain => spiffeId(domain, namespace, name))
  })
}

/** Authenticated encryption only. */
const CIPHERS = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
]

function common(
  settings: MeshSettings,
  alpnProtocols: string[],
  matchTypedSubjectAltNames: SubjectAltNameMatcher[],
  cipherSuites: string[],
): CommonTlsContext {
  return CommonTlsContext.fromPartial({
    alpnProtocols,
    tlsParams: TlsParameters.fromPartial({
      tlsMinimumProtocolVersion: settings.meshTls.minVersion === '1.3' ? Version.TLSv1_3 : Version.TLSv1_2,
      tlsMaximumProtocolVersion: Version.TLSv1_3,
      cipherSuites,
      ecdhCurves: [...settings.meshTls.curves],
    }),
    tlsCertificateSdsSecretConfigs: [secret(CERTIFICATE)],
    validationContextType: {
      $case: 'combinedValidationContext',
      value: {
        defaultValidationContext: { matchTypedSubjectAltNames },
        validationContextSdsSecretConfig: secret(AUTHORITY),
      },
    },
  })
}

/** What a workload shows to whom it serves. */
export function workloadCertificate(): SdsSecretConfig {
  return secret(CERTIFICATE)
}

function secret(name: string): SdsSecretConfig {
  return SdsSecretConfig.fromPartial({ name, sdsConfig: FROM_AGENT })
}

function socket(value: ReturnType<typeof pack>): TransportSocket {
  return TransportSocket.fromPartial({ name: 'envoy.transport_sockets.tls', configType: { $case: 'typedConfig', value } })
}

/** The parts of a proxy's own configuration that say how it treats connections and headers. */
import type { ConnectionSettings } from '../api/istio/meshconfig/connection-settings.ts'
import type { ProxyHeaders } from '../api/istio/meshconfig/proxy-headers.ts'
import type { ClientCertificateHeader, ConnectionLimits, ProxyHeaderSettings } from '../model/proxy-settings.ts'
import { milliseconds } from './duration.ts'

const certificateHeaders: Readonly<Record<string, ClientCertificateHeader>> = {
  SANITIZE: 'sanitize',
  FORWARD_ONLY: 'forward-only',
  APPEND_FORWARD: 'append-forward',
  SANITIZE_SET: 'sanitize-set',
  ALWAYS_FORWARD_ONLY: 'always-forward-only',
}

/** @returns undefined where nothing is said */
export function clientCertificate(value: string | undefined): ClientCertificateHeader | undefined {
  return value === undefined ? undefined : certificateHeaders[value]
}

export function compileHeaders(spec: ProxyHeaders): ProxyHeaderSettings {
  const parts = spec.setCurrentClientCertDetails
  return {
    clientCertificate: clientCertificate(spec.forwardedClientCert),
    certificateParts: parts && { subject: false, cert: false, chain: false, dns: false, uri: false, ...parts },
    noRequestId: spec.requestId?.disabled,
    noServer: spec.server?.disabled,
    server: spec.server?.value || undefined,
    noAttemptCount: spec.attemptCount?.disabled,
    noDebugHeaders: spec.envoyDebugHeaders?.disabled,
    peerMetadataInMeshOnly: spec.metadataExchangeHeaders && spec.metadataExchangeHeaders.mode === 'IN_MESH',
    keepCase: spec.preserveHttp1HeaderCase,
    forwardedHost: spec.xForwardedHost?.enabled,
    forwardedPort: spec.xForwardedPort?.enabled,
  }
}

const underscores = { ALLOW: 'allow', REJECT_REQUEST: 'reject', DROP_HEADER: 'drop' } as const
const escapedSlashes = {
  IMPLEMENTATION_SPECIFIC_DEFAULT: 'default',
  KEEP_UNCHANGED: 'keep',
  REJECT_REQUEST: 'reject',
  UNESCAPE_AND_REDIRECT: 'redirect',
  UNESCAPE_AND_FORWARD: 'forward',
} as const

export function compileConnectionLimits(spec: ConnectionSettings): ConnectionLimits {
  const { httpHeadersWithUnderscoresAction: headers, httpPathWithEscapedSlashesAction: slashes } = spec
  return {
    edge: spec.profile && spec.profile === 'EDGE',
    listenerBuffer: spec.listenerPerConnectionBufferLimitBytes,
    clusterBuffer: spec.clusterPerConnectionBufferLimitBytes,
    idleMs: milliseconds(spec.httpIdleTimeout),
    requestMs: milliseconds(spec.httpRequestTimeout),
    headersMs: milliseconds(spec.httpRequestHeadersTimeout),
    streamIdleMs: milliseconds(spec.httpStreamIdleTimeout),
    maxStreams: spec.httpMaxConcurrentStreams,
    streamWindow: spec.http2InitialStreamWindowSize,
    connectionWindow: spec.http2InitialConnectionWindowSize,
    underscores: headers && underscores[headers],
    mergeSlashes: spec.httpMergeSlashes,
    escapedSlashes: slashes && escapedSlashes[slashes],
    maxConnections: spec.globalDownstreamConnectionLimit,
  }
}

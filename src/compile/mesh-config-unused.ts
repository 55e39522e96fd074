/** Fields of the mesh configuration that are valid and have no effect here, each with what happens instead. */
import type { ProxyConfig } from '../api/istio/meshconfig/proxy-config.ts'
import type { MeshConfig } from '../api/istio/meshconfig/schema.ts'

const ambient = 'it is for ambient mode, which mizzen does not have'
const reasons: { readonly [Field in keyof MeshConfig]?: string } = {
  zoneAwareLbSetting: 'all zones are alike',
  serviceSettings: 'endpoints are those of one cluster',
  serviceScopeConfigs: ambient,
  hboneIdleTimeout: ambient,
  caCertificates: "the mesh's own root certificates alone are trusted",
  ca: 'the control plane signs certificates itself',
  configSources: 'configuration comes from the paths on the command line',
  proxyListenPort: 'outbound traffic is captured on port 15001',
  proxyInboundListenPort: 'inbound traffic is captured on port 15006',
  proxyHttpPort: 'no such listener is made',
  enableEnvoyAccessLogService: 'access logs are not sent anywhere',
  enableTracing: 'the proxies make no spans',
  disableEnvoyListenerLog: 'no log is written of connections that no filter chain takes',
  enablePrometheusMerge: "the application's metrics stay its own",
}

/** Values that ask for nothing, so that nothing is missing. */
const harmless: { readonly [Field in keyof MeshConfig]?: unknown } = {
  proxyListenPort: 15001,
  proxyInboundListenPort: 15006,
  proxyHttpPort: 0,
  enableEnvoyAccessLogService: false,
  enableTracing: false,
  disableEnvoyListenerLog: true,
  enablePrometheusMerge: false,
}

/** @returns a sentence for each */
export function unusedSettings(mesh: MeshConfig): string[] {
  const sentences: string[] = []
  for (const [field, reason] of Object.entries(reasons)) {
    const value: unknown = Reflect.get(mesh, field)
    if (value === undefined || value === Reflect.get(harmless, field)) continue
    sentences.push(`meshConfig.${field} has no effect in this version of mizzen: ${reason}`)
  }
  if (mesh.outboundTrafficPolicy?.mode === 'ALLOW_ANY_DYNAMIC_DNS')
    sentences.push('meshConfig.outboundTrafficPolicy.mode ALLOW_ANY_DYNAMIC_DNS is taken as ALLOW_ANY in this version of mizzen')
  if (mesh.serviceEntryVisibility && mesh.serviceEntryVisibility.applyToSidecars !== true)
    sentences.push('meshConfig.serviceEntryVisibility has no effect without applyToSidecars: mizzen has no ambient mode')
  if (mesh.defaultConfig) sentences.push(...unusedProxyFields(mesh.defaultConfig).map(text => `meshConfig.defaultConfig.${text}`))
  return sentences
}

/**
 * What connection managers, clusters and pods on a cluster (injection) are made of; the others are for the start of a proxy, which `mizzen` decides
 * itself.
 */
const used: ReadonlySet<string> = new Set([
  'discoveryAddress',
  'proxyHeaders.forwardedClientCert',
  'proxyHeaders.setCurrentClientCertDetails',
  'proxyHeaders.requestId',
  'proxyHeaders.server',
  'proxyHeaders.xForwardedPort',
  'gatewayTopology.proxyProtocol',
  'gatewayTopology.numTrustedProxies',
  'gatewayTopology.forwardClientCertDetails',
  ...[
    'profile',
    'clusterPerConnectionBufferLimitBytes',
    'httpIdleTimeout',
    'httpRequestTimeout',
    'httpRequestHeadersTimeout',
    'httpStreamIdleTimeout',
    'httpMaxConcurrentStreams',
    'http2InitialStreamWindowSize',
    'http2InitialConnectionWindowSize',
    'httpHeadersWithUnderscoresAction',
    'httpMergeSlashes',
    'httpPathWithEscapedSlashesAction',
  ].map(field => `connectionSettings.${field}`),
])
const inside: ReadonlySet<string> = new Set(['proxyHeaders', 'gatewayTopology', 'connectionSettings'])

/** @returns a sentence for each field of a proxy's configuration without effect, beginning with its name */
export function unusedProxyFields(config: ProxyConfig): string[] {
  const fields = Object.entries(config).flatMap(([name, value]) =>
    inside.has(name) && typeof value === 'object' ? Object.keys(value).map(field => `${name}.${field}`) : [name],
  )
  return fields
    .filter(field => !used.has(field))
    .map(field => `${field} has no effect in this version of mizzen: it is for the start of a proxy, which mizzen decides itself`)
}

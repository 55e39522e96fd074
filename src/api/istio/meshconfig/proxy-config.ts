/** ProxyConfig of the mesh configuration (`defaultConfig`) and of the pod annotation proxy.istio.io/config: how a proxy is started. */
import { type Static, Type } from 'typebox'
import { described, duration, exclusive, int32, mapOf, message, uint32 } from '../../schema/message.ts'
import { TcpKeepalive } from '../destinationrule/connection-pool.ts'
import { ClientTLSSettings } from '../destinationrule/schema.ts'
import { ProxyImage } from '../proxyconfig/schema.ts'
import { ReadinessProbe } from '../workloadgroup/schema.ts'
import { ConnectionSettings } from './connection-settings.ts'
import { ProxyHeaders } from './proxy-headers.ts'
import { ProxyTracing } from './proxy-tracing.ts'

const text = (description: string) => Type.String({ description })
const texts = (description: string) => Type.Array(Type.String(), { description })

const RemoteService = message({
  address: text('host:port of the service'),
  tlsSettings: described('how to reach it', ClientTLSSettings),
  tcpKeepalive: described('probes on idle connections', TcpKeepalive),
})

export const ForwardClientCertDetails = Type.Enum(
  ['UNDEFINED', 'SANITIZE', 'FORWARD_ONLY', 'APPEND_FORWARD', 'SANITIZE_SET', 'ALWAYS_FORWARD_ONLY'],
  { description: 'what is done with the header x-forwarded-client-cert' },
)

const GatewayTopology = message({
  numTrustedProxies: uint32({ default: 0, description: 'trusted proxies in front, whose X-Forwarded-For counts' }),
  forwardClientCertDetails: ForwardClientCertDetails,
  proxyProtocol: message({}, {}, { description: 'take the PROXY protocol on all listeners' }),
})

const PrivateKeyProvider = message(
  {
    cryptomb: message(
      {
        pollDelay: duration({ description: 'longest wait for a full batch' }),
        fallback: Type.Boolean({ description: 'do without, where it is not there' }),
      },
      {},
      { description: 'batches of eight, by AVX-512' },
    ),
    qat: message(
      {
        pollDelay: duration({ description: 'longest wait for the device' }),
        fallback: Type.Boolean({ description: 'do without, where it is not there' }),
      },
      {},
      { description: 'QuickAssist hardware' },
    ),
  },
  {},
  exclusive(['cryptomb', 'qat']),
)

export const ProxyConfig = message(
  {
    configPath: Type.String({ default: './etc/istio/proxy', description: 'directory of generated files' }),
    binaryPath: Type.String({ default: '/usr/local/bin/envoy', description: 'the proxy program' }),
    serviceCluster: Type.String({ description: 'name of the workload in spans' }),
    tracingServiceName: Type.Enum(['APP_LABEL_AND_NAMESPACE', 'CANONICAL_NAME_ONLY', 'CANONICAL_NAME_AND_NAMESPACE'], {
      default: 'APP_LABEL_AND_NAMESPACE',
      description: 'how the name of a workload in spans is found',
    }),
    drainDuration: duration({ default: '45s', description: 'time that open connections get when listeners go; whole seconds' }),
    terminationDrainDuration: duration({ default: '5s', description: 'time that connections get when the proxy is ended' }),
    discoveryAddress: Type.String({ default: 'istiod.istio-system.svc:15012', description: 'host:port of the control plane' }),
    statsdUdpAddress: text('host:port of statsd'),
    proxyAdminPort: int32({ default: 15000, description: 'port of the admin interface' }),
    statusPort: int32({ default: 15020, description: 'port of health checks and merged metrics' }),
    controlPlaneAuthPolicy: Type.Enum(['NONE', 'MUTUAL_TLS', 'INHERIT'], {
      default: 'MUTUAL_TLS',
      description: 'how the control plane is reached',
    }),
    customConfigFile: text('a bootstrap of your own'),
    proxyBootstrapTemplatePath: text('a template for the bootstrap'),
    statNameLength: int32({ default: 189, description: 'longest name in statistics', deprecated: true }),
    concurrency: int32({ minimum: 0, description: 'number of worker threads; 0: as many as there are processors' }),
    interceptionMode: Type.Enum(['REDIRECT', 'TPROXY', 'NONE'], { default: 'REDIRECT', description: 'how traffic is captured' }),
    tracing: described('spans, without a Telemetry object', ProxyTracing),
    sds: message(
      { enabled: Type.Boolean({ description: 'always on' }), k8sSaJwtPath: text('path of the token') },
      {},
      { deprecated: true, description: 'always on' },
    ),
    envoyAccessLogService: described('where access logs are sent by gRPC', RemoteService),
    envoyMetricsService: described('where metrics are sent by gRPC', RemoteService),
    proxyMetadata: mapOf(Type.String(), { description: 'environment of the proxy; ISTIO_META_... goes to the control plane' }),
    runtimeValues: mapOf(Type.String(), { description: "Envoy's runtime keys" }),
    extraStatTags: texts('further labels in metrics'),
    gatewayTopology: described('what stands in front of a gateway', GatewayTopology),
    meshId: text('name of the mesh, where there are several'),
    readinessProbe: described('health of a workload on a virtual machine', ReadinessProbe),
    proxyStatsMatcher: message(
      {
        inclusionPrefixes: texts('by their beginnings'),
        inclusionSuffixes: texts('by their ends'),
        inclusionRegexps: texts('by regular expressions'),
      },
      {},
      { description: 'statistics that Envoy keeps beside the usual ones' },
    ),
    holdApplicationUntilProxyStarts: Type.Boolean({ default: false, description: 'start the application after the proxy' }),
    caCertificatesPem: texts('further root certificates, PEM'),
    image: described('the image that the proxy runs from', ProxyImage),
    privateKeyProvider: described('hardware for private keys', PrivateKeyProvider),
    proxyHeaders: described('headers that the proxy sets', ProxyHeaders),
    fileFlushInterval: duration({ description: 'longest wait until a log is written to its file' }),
    fileFlushMinSizeKb: uint32({ description: 'size of a log that is written at once, KiB' }),
    statsCompression: Type.Boolean({ default: true, description: 'compress metrics for those who take it' }),
    connectionSettings: described('buffers, timeouts and limits of connections', ConnectionSettings),
    zipkinAddress: Type.String({ deprecated: true, description: 'write tracing.zipkin.address instead' }),
    envoyMetricsServiceAddress: Type.String({ deprecated: true, description: 'write envoyMetricsService.address instead' }),
    availabilityZone: Type.String({ deprecated: true, description: 'not used' }),
    discoveryRefreshDelay: duration({ deprecated: true, description: 'not used' }),
    parentShutdownDuration: duration({ deprecated: true, description: 'not used' }),
  },
  {},
  exclusive(['serviceCluster', 'tracingServiceName']),
)
export type ProxyConfig = Static<typeof ProxyConfig>

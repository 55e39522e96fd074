/** Extension providers for spans as Envoy's tracers. */
import type {
  ExtensionProvider,
  OpenTelemetryProvider,
  ProviderHeader,
  ProviderService,
  SpanProvider,
} from '../../model/extension-provider.ts'
import type { Mesh } from '../../model/mesh.ts'
import { TypedExtensionConfig } from '../gen/envoy/config/core/v3/extension.ts'
import { GrpcService } from '../gen/envoy/config/core/v3/grpc_service.ts'
import { HttpService } from '../gen/envoy/config/core/v3/http_service.ts'
import { DatadogConfig } from '../gen/envoy/config/trace/v3/datadog.ts'
import type { Tracing_Http as Tracer } from '../gen/envoy/config/trace/v3/http_tracer.ts'
import { OpenTelemetryConfig } from '../gen/envoy/config/trace/v3/opentelemetry.ts'
import { SkyWalkingConfig } from '../gen/envoy/config/trace/v3/skywalking.ts'
import {
  ZipkinConfig_CollectorEndpointVersion as CollectorEndpoint,
  ZipkinConfig_TraceContextOption as ContextOption,
  ZipkinConfig,
} from '../gen/envoy/config/trace/v3/zipkin.ts'
import { DynatraceResourceDetectorConfig } from '../gen/envoy/extensions/tracers/opentelemetry/resource_detectors/v3/dynatrace_resource_detector.ts'
import { EnvironmentResourceDetectorConfig } from '../gen/envoy/extensions/tracers/opentelemetry/resource_detectors/v3/environment_resource_detector.ts'
import { type MessageCodec, pack } from '../wire/any.ts'
import { outboundCluster } from './names.ts'
import { duration } from './values.ts'

/** Istio's default. */
const ZIPKIN_TIMEOUT_MS = 5000

/** How a workload names itself to collectors. */
export interface SpanSource {
  /** "orders.shop" */
  readonly cluster: string
  /** As OpenTelemetry's conventions have it. */
  readonly semantic: string
  readonly instance: string
}

/** @returns undefined: no spans can be sent there */
export function tracerOf(provider: ExtensionProvider, mesh: Mesh, source: SpanSource): Tracer | undefined {
  if (!('service' in provider)) return undefined
  const collector = collectorOf(mesh, provider.service)
  if (collector === undefined) return undefined
  switch (provider.kind) {
    case 'opentelemetry':
      return tracer('opentelemetry', 'OpenTelemetryConfig', OpenTelemetryConfig, openTelemetry(provider, collector, source))
    case 'zipkin':
      return tracer('zipkin', 'ZipkinConfig', ZipkinConfig, zipkin(provider, collector))
    case 'datadog': {
      const settings = { collectorCluster: collector.cluster, collectorHostname: collector.host, serviceName: source.cluster }
      return tracer('datadog', 'DatadogConfig', DatadogConfig, DatadogConfig.fromPartial(settings))
    }
    case 'skywalking':
      return tracer('skywalking', 'SkyWalkingConfig', SkyWalkingConfig, skyWalking(provider, collector, source))
    default:
      return undefined
  }
}

interface Collector {
  readonly cluster: string
  readonly host: string
  readonly port: number
}

function collectorOf({ services }: Mesh, { host, namespace, port }: ProviderService): Collector | undefined {
  const service = services.find(known => known.hostname === host && (namespace === undefined || known.namespace === namespace))
  return service && { cluster: outboundCluster(port, '', service.hostname), host: service.hostname, port }
}

function tracer<T>(name: string, type: string, codec: MessageCodec<T>, message: T): Tracer {
  const value = pack(`envoy.config.trace.v3.${type}`, codec, message)
  return { name: `envoy.tracers.${name}`, configType: { $case: 'typedConfig', value } }
}

function openTelemetry(provider: OpenTelemetryProvider, collector: Collector, source: SpanSource): OpenTelemetryConfig {
  const { httpPath, timeoutMs, headers, detectors, semanticNames } = provider
  return OpenTelemetryConfig.fromPartial({
    ...(httpPath === undefined
      ? { grpcService: grpcService(collector, timeoutMs, headers) }
      : { httpService: httpService(collector, httpPath || '/', timeoutMs, headers) }),
    serviceName: semanticNames ? source.semantic : source.cluster,
    resourceDetectors: [
      ...(detectors.environment ? [detector('environment', 'Environment', EnvironmentResourceDetectorConfig)] : []),
      ...(detectors.dynatrace ? [detector('dynatrace', 'Dynatrace', DynatraceResourceDetectorConfig)] : []),
    ],
  })
}

const DETECTORS = 'envoy.extensions.tracers.opentelemetry.resource_detectors.v3'

function detector<T>(
  name: string,
  type: string,
  codec: MessageCodec<T> & { fromPartial(value: object): T },
): TypedExtensionConfig {
  const typedConfig = pack(`${DETECTORS}.${type}ResourceDetectorConfig`, codec, codec.fromPartial({}))
  return TypedExtensionConfig.fromPartial({ name: `envoy.tracers.opentelemetry.resource_detectors.${name}`, typedConfig })
}

function zipkin(provider: SpanProvider, collector: Collector): ZipkinConfig {
  const { path, shortTraceIds, w3c, timeoutMs, headers } = provider
  return ZipkinConfig.fromPartial({
    collectorCluster: collector.cluster,
    collectorEndpoint: path,
    collectorEndpointVersion: CollectorEndpoint.HTTP_JSON,
    collectorHostname: collector.host,
    traceId128bit: !shortTraceIds,
    sharedSpanContext: false,
    traceContextOption: w3c ? ContextOption.USE_B3_WITH_W3C_PROPAGATION : ContextOption.USE_B3,
    // Only this form takes headers and a timeout; Envoy before 1.36 does not know it.
    ...(headers.length > 0 || timeoutMs !== undefined
      ? { collectorService: httpService(collector, path, timeoutMs ?? ZIPKIN_TIMEOUT_MS, headers) }
      : {}),
  })
}

function skyWalking({ accessToken }: SpanProvider, collector: Collector, source: SpanSource): SkyWalkingConfig {
  return SkyWalkingConfig.fromPartial({
    grpcService: grpcService(collector, undefined, []),
    clientConfig: {
      serviceName: source.cluster,
      instanceName: source.instance,
      backendTokenSpecifier: accessToken === '' ? undefined : { $case: 'backendToken', value: accessToken },
    },
  })
}

function grpcService(
  { cluster, host }: Collector,
  timeoutMs: number | undefined,
  headers: readonly ProviderHeader[],
): GrpcService {
  return GrpcService.fromPartial({
    targetSpecifier: { $case: 'envoyGrpc', value: { clusterName: cluster, authority: host } },
    timeout: timeoutMs === undefined ? undefined : duration(timeoutMs),
    initialMetadata: headers.map(header => ({ key: header.name, value: headerValue(header) })),
  })
}

function httpService(
  { cluster, host, port }: Collector,
  path: string,
  timeoutMs: number | undefined,
  headers: readonly ProviderHeader[],
): HttpService {
  return HttpService.fromPartial({
    httpUri: {
      uri: `http://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`,
      httpUpstreamType: { $case: 'cluster', value: cluster },
      timeout: duration(timeoutMs ?? ZIPKIN_TIMEOUT_MS),
    },
    requestHeadersToAdd: headers.map(header => ({ header: { key: header.name, value: headerValue(header) } })),
  })
}

function headerValue({ value, fromEnvironment }: ProviderHeader): string {
  return value ?? `%ENVIRONMENT(${fromEnvironment ?? ''})%`
}

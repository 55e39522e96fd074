/** Extension providers of the mesh configuration that telemetry uses, as the model has them. */
import type { ExtensionProvider as Spec } from '../api/istio/meshconfig/extension-provider.ts'
import type {
  ExtensionProvider,
  LogForm,
  OpenTelemetryProvider,
  ProviderHeader,
  ProviderService,
  RemoteLogProvider,
  SpanProvider,
} from '../model/extension-provider.ts'
import { milliseconds } from './duration.ts'

export function compileProviders(providers: readonly Spec[]): ReadonlyMap<string, ExtensionProvider> {
  return new Map(
    providers.flatMap(spec => {
      const provider = compileProvider(spec)
      return provider ? [[spec.name, provider] as const] : []
    }),
  )
}

/** @returns undefined for those that are for authorization or secrets */
function compileProvider(spec: Spec): ExtensionProvider | undefined {
  if (spec.zipkin) return spans('zipkin', spec.zipkin)
  if (spec.datadog) return spans('datadog', spec.datadog)
  if (spec.lightstep) return spans('lightstep', spec.lightstep)
  if (spec.skywalking) return spans('skywalking', spec.skywalking)
  if (spec.opencensus) return spans('opencensus', spec.opencensus)
  if (spec.opentelemetry) return openTelemetry(spec.opentelemetry)
  if (spec.envoyFileAccessLog) {
    const { path = '/dev/stdout', logFormat, omitEmptyValues = false } = spec.envoyFileAccessLog
    return { kind: 'file-log', path, form: form(logFormat), omitEmpty: omitEmptyValues }
  }
  if (spec.envoyHttpAls) return remoteLog('http-log', spec.envoyHttpAls)
  if (spec.envoyTcpAls) return remoteLog('tcp-log', spec.envoyTcpAls)
  if (spec.envoyOtelAls) return remoteLog('opentelemetry-log', spec.envoyOtelAls)
  if (spec.prometheus) return { kind: 'prometheus' }
  return spec.stackdriver ? { kind: 'stackdriver' } : undefined
}

type ZipkinSpec = NonNullable<Spec['zipkin']>
type SpanSpec = ZipkinSpec & { readonly accessToken?: string }

function spans(kind: SpanProvider['kind'], spec: SpanSpec): SpanProvider {
  return {
    kind,
    service: service(spec),
    maxPathLength: spec.maxTagLength || undefined,
    timeoutMs: milliseconds(spec.timeout),
    headers: headers(spec.headers),
    path: spec.path || '/api/v2/spans',
    shortTraceIds: spec.enable64bitTraceId ?? false,
    w3c: spec.traceContextOption === 'USE_B3_WITH_W3C_PROPAGATION',
    accessToken: spec.accessToken ?? '',
  }
}

function openTelemetry(spec: NonNullable<Spec['opentelemetry']>): OpenTelemetryProvider {
  const { http, grpc, resourceDetectors: detectors, dynatraceSampler: sampler } = spec
  return {
    kind: 'opentelemetry',
    service: service(spec),
    maxPathLength: spec.maxTagLength || undefined,
    httpPath: http && (http.path ?? ''),
    timeoutMs: milliseconds(http ? http.timeout : grpc?.timeout),
    headers: headers(http ? http.headers : grpc?.initialMetadata),
    detectors: { environment: detectors?.environment !== undefined, dynatrace: detectors?.dynatrace !== undefined },
    sampler: sampler && {
      tenant: sampler.tenant ?? '',
      clusterId: sampler.clusterId ?? 0,
      rootSpansPerMinute: sampler.rootSpansPerMinute || 1000,
    },
    semanticNames: spec.serviceAttributeEnrichment === 'OTEL_SEMANTIC_CONVENTIONS',
  }
}

type LogSpec = NonNullable<Spec['envoyHttpAls']> & { readonly logFormat?: { text?: string; labels?: Record<string, unknown> } }

function remoteLog(kind: RemoteLogProvider['kind'], spec: LogSpec): RemoteLogProvider {
  return {
    kind,
    service: service(spec),
    logName: spec.logName ?? '',
    filterStates: spec.filterStateObjectsToLog ?? [],
    requestHeaders: spec.additionalRequestHeadersToLog ?? [],
    responseHeaders: spec.additionalResponseHeadersToLog ?? [],
    responseTrailers: spec.additionalResponseTrailersToLog ?? [],
    form: form(spec.logFormat),
  }
}

function form(spec: { readonly text?: string; readonly labels?: Readonly<Record<string, unknown>> } | undefined): LogForm {
  return { text: spec?.text, labels: spec?.labels }
}

function service(spec: { readonly service?: string; readonly port?: number }): ProviderService {
  const [host = '', namespace] = (spec.service ?? '').split('/').toReversed()
  return { host, namespace, port: spec.port ?? 0 }
}

type HeaderSpec = NonNullable<ZipkinSpec['headers']>[number]

function headers(specs: readonly HeaderSpec[] | undefined): ProviderHeader[] {
  return (specs ?? []).map(({ name, value, envName }) => ({ name, value, fromEnvironment: envName }))
}

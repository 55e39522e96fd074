/** Extension providers of the mesh configuration: services outside that telemetry and authorization use, by name. */
import { type Static, Type } from 'typebox'
import { duration, exclusive, mapOf, message, uint32 } from '../../schema/message.ts'

const text = (description: string) => Type.String({ description })
const texts = (description: string) => Type.Array(Type.String(), { description })
const flag = (description: string) => Type.Boolean({ description })
const time = (description: string, standard?: string) =>
  duration(standard === undefined ? { description } : { description, default: standard })

/** Where a service is. */
const service = {
  service: text('"host" or "namespace/host" of a service that the mesh knows'),
  port: uint32({ description: 'its port' }),
}
const tag = { maxTagLength: uint32({ description: 'longest path in a span' }) }

const Body = message(
  {
    maxRequestBytes: uint32({ description: 'bytes that are held; a longer body is refused with 413' }),
    allowPartialMessage: flag('send the first bytes of a longer body instead'),
    packAsBytes: flag('send it as bytes, not as UTF-8'),
  },
  {},
  { description: 'send the body of the request too' },
)
const authorization = {
  ...service,
  timeout: time('time for an answer', '600s'),
  failOpen: flag('let requests through when there is no answer'),
  clearRouteCache: flag('choose the route again afterwards'),
  statusOnError: text('status for the client when there is no answer; default 403'),
  includeRequestBodyInCheck: Body,
}

const EnvoyExtAuthzHttp = message({
  ...authorization,
  pathPrefix: text('goes in front of the path of the question'),
  includeHeadersInCheck: Type.Array(Type.String(), {
    deprecated: true,
    description: 'write includeRequestHeadersInCheck instead',
  }),
  includeRequestHeadersInCheck: texts('request headers that are sent; "*" at an end stands for any text'),
  includeAdditionalHeadersInCheck: mapOf(Type.String(), { description: 'further headers that are sent' }),
  headersToUpstreamOnAllow: texts('headers of the answer that the service gets'),
  headersToDownstreamOnDeny: texts('headers of the answer that a refused client gets; default: all'),
  headersToDownstreamOnAllow: texts('headers of the answer that a client gets whose request was let through'),
})
const EnvoyExtAuthzGrpc = message(authorization)

const Header = message(
  { value: text('its value'), envName: text("a variable of the proxy's environment that has its value") },
  { name: text('name of the header') },
  exclusive(['value', 'envName']),
)
const headers = Type.Array(Header, { description: 'headers that are sent along' })
const timeout = time('time for an answer')

const Zipkin = message({
  ...service,
  ...tag,
  enable64bitTraceId: flag('trace ids of 64 bits, not 128'),
  path: Type.String({ default: '/api/v2/spans', description: 'path of the collector' }),
  traceContextOption: Type.Enum(['USE_B3', 'USE_B3_WITH_W3C_PROPAGATION'], {
    default: 'USE_B3',
    description: 'headers that hand on the context: B3, or the W3C headers too',
  }),
  timeout,
  headers,
})
const Lightstep = message({ ...service, ...tag, accessToken: text('access token') })
const Datadog = message({ ...service, ...tag })
const Skywalking = message({ ...service, accessToken: text('access token') })
const Stackdriver = message({
  ...tag,
  debug: flag('print spans'),
  maxNumberOfAttributes: uint32({ description: 'attributes of a span' }),
  maxNumberOfAnnotations: uint32({ description: 'annotations of a span' }),
  maxNumberOfMessageEvents: uint32({ description: 'events of a span' }),
  logging: message(
    { labels: mapOf(Type.String(), { description: 'labels of a log entry' }) },
    {},
    { description: 'access logs' },
  ),
})
const OpenCensus = message({ ...service, ...tag, context: texts('headers that hand on the context') })
const nothing = (description: string) => message({}, {}, { description })

const OpenTelemetry = message(
  {
    ...service,
    ...tag,
    http: message({ path: text('path of the collector'), timeout, headers }, {}, { description: 'OTLP over HTTP' }),
    grpc: message({ timeout, initialMetadata: headers }, {}, { description: 'OTLP over gRPC (default)' }),
    resourceDetectors: message(
      { environment: nothing('OTEL_RESOURCE_ATTRIBUTES'), dynatrace: nothing("Dynatrace's files") },
      {},
      { description: 'where attributes of the workload come from' },
    ),
    dynatraceSampler: message(
      {
        tenant: text('tenant'),
        clusterId: Type.Integer({ description: 'cluster' }),
        rootSpansPerMinute: uint32({ description: 'spans a minute until it has an answer; default 1000' }),
        httpService: message(
          { ...service, http: message({ path: text('path'), timeout, headers }, {}, { description: 'the request' }) },
          {},
          { description: 'where the sampling configuration comes from' },
        ),
      },
      {},
      { description: "Dynatrace's sampling" },
    ),
    serviceAttributeEnrichment: Type.Enum(['ISTIO_CANONICAL', 'OTEL_SEMANTIC_CONVENTIONS'], {
      description: "how a service is named: the mesh's way or OpenTelemetry's",
    }),
  },
  {},
  exclusive(['http', 'grpc']),
)

const Labels = mapOf(Type.Unknown(), { description: 'fields of a JSON log' })
const LogFormat = message(
  { text: text('a line'), labels: Labels },
  {},
  { description: 'form of an entry', ...exclusive(['text', 'labels']) },
)
const EnvoyFileAccessLog = message({
  path: Type.String({ default: '/dev/stdout', description: 'the file' }),
  logFormat: LogFormat,
  omitEmptyValues: flag('leave out what is empty'),
})
const sink = {
  ...service,
  logName: text('name of the log'),
  filterStateObjectsToLog: texts('objects of the filter state that go along'),
}
const EnvoyHttpGrpc = message({
  ...sink,
  additionalRequestHeadersToLog: texts('request headers that go along'),
  additionalResponseHeadersToLog: texts('response headers that go along'),
  additionalResponseTrailersToLog: texts('response trailers that go along'),
})
const EnvoyTcpGrpc = message(sink)
const EnvoyOpenTelemetryLog = message({
  ...sink,
  logFormat: message(
    { text: text('the body'), labels: mapOf(Type.Unknown(), { description: 'attributes' }) },
    {},
    { description: 'form of an entry' },
  ),
})
const Sds = message({ ...service, name: text('name by which credentials refer to it') })

const providers = {
  envoyExtAuthzHttp: EnvoyExtAuthzHttp,
  envoyExtAuthzGrpc: EnvoyExtAuthzGrpc,
  zipkin: Zipkin,
  lightstep: Lightstep,
  datadog: Datadog,
  stackdriver: Stackdriver,
  opencensus: OpenCensus,
  skywalking: Skywalking,
  opentelemetry: OpenTelemetry,
  prometheus: nothing('metrics as Prometheus reads them'),
  envoyFileAccessLog: EnvoyFileAccessLog,
  envoyHttpAls: EnvoyHttpGrpc,
  envoyTcpAls: EnvoyTcpGrpc,
  envoyOtelAls: EnvoyOpenTelemetryLog,
  sds: Sds,
}
export type ProviderKind = keyof typeof providers
export const providerKinds: readonly string[] = Object.keys(providers)

export const ExtensionProvider = message(providers, { name: text('name by which it is referred to') }, exclusive(providerKinds))
export type ExtensionProvider = Static<typeof ExtensionProvider>

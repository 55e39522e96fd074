/** Connection managers that trace, one way each, and requests to them: for tracing.test.ts. */
import type { JsonValue } from '../../src/xds/wire/json.ts'

type Json = { [name: string]: JsonValue }

export interface Managed {
  readonly direction: 'INBOUND' | 'OUTBOUND'
  readonly tracing: Json
  readonly decorator?: Json
  readonly more?: Json
}

export interface TracingCase {
  readonly name: string
  readonly manager: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** So many are waited for. */
  readonly spans: number
}

const TRACE = 'type.googleapis.com/envoy.config.trace.v3'
const SAMPLERS = 'type.googleapis.com/envoy.extensions.tracers.opentelemetry.samplers.v3'

const otlp = (more: Json = {}): Json => ({
  name: 'envoy.tracers.opentelemetry',
  typedConfig: {
    '@type': `${TRACE}.OpenTelemetryConfig`,
    grpcService: { envoyGrpc: { clusterName: 'otlp' }, timeout: '1s' },
    serviceName: 'shop.default',
    ...more,
  },
})
const otlpHttp = {
  name: 'envoy.tracers.opentelemetry',
  typedConfig: {
    '@type': `${TRACE}.OpenTelemetryConfig`,
    httpService: {
      httpUri: { uri: 'http://collector.test/v1/traces', cluster: 'collector', timeout: '1s' },
      requestHeadersToAdd: [{ header: { key: 'x-tenant', value: 'shop' } }],
    },
    serviceName: 'over-http',
  },
}
const zipkin = (option: string, more: Json = {}): Json => ({
  name: 'envoy.tracers.zipkin',
  typedConfig: {
    '@type': `${TRACE}.ZipkinConfig`,
    collectorCluster: 'collector',
    collectorEndpoint: '/api/v2/spans',
    collectorEndpointVersion: 'HTTP_JSON',
    traceId128bit: true,
    sharedSpanContext: false,
    traceContextOption: option,
    ...more,
  },
})
const percent = (value: number): Json => ({ value })
const tracing = (provider: Json, random = 100, more: Json = {}): Json => ({
  clientSampling: percent(100),
  randomSampling: percent(random),
  overallSampling: percent(100),
  provider,
  ...more,
})
const requestId = (use: boolean): Json => ({
  requestIdExtension: {
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig',
      useRequestIdForTraceSampling: use,
    },
  },
})

export const MANAGERS: Readonly<Record<string, Managed>> = {
  out: {
    direction: 'OUTBOUND',
    tracing: tracing(otlp(), 100, {
      maxPathTagLength: 12,
      customTags: [
        { tag: 'literal', literal: { value: 'fixed' } },
        { tag: 'user', requestHeader: { name: 'x-user', defaultValue: 'nobody' } },
        { tag: 'agent', requestHeader: { name: 'x-agent' } },
        { tag: 'from', environment: { name: 'NO_SUCH_VARIABLE', defaultValue: 'default' } },
        { tag: 'code', value: '%RESPONSE_CODE% of %UPSTREAM_CLUSTER%' },
      ],
    }),
    decorator: { operation: 'shop.default.svc.cluster.local:80/*' },
  },
  'out, not chosen': { direction: 'OUTBOUND', tracing: tracing(otlp(), 0) },
  in: { direction: 'INBOUND', tracing: tracing(otlp()), decorator: { operation: 'shop:80/*' } },
  'in, kept to itself': {
    direction: 'INBOUND',
    tracing: tracing(otlp()),
    decorator: { operation: 'shop:80/*', propagate: false },
  },
  'over HTTP': { direction: 'INBOUND', tracing: tracing(otlpHttp) },
  gateway: { direction: 'OUTBOUND', tracing: tracing(otlp(), 100, { spawnUpstreamSpan: true }) },
  'nothing handed on': { direction: 'OUTBOUND', tracing: tracing(otlp(), 100, { noContextPropagation: true }) },
  'ids do not decide': { direction: 'OUTBOUND', tracing: tracing(otlp(), 0), more: requestId(false) },
  'follows the caller': {
    direction: 'OUTBOUND',
    tracing: tracing(
      otlp({
        sampler: {
          name: 'envoy.tracers.opentelemetry.samplers.parent_based',
          typedConfig: {
            '@type': `${SAMPLERS}.ParentBasedSamplerConfig`,
            wrappedSampler: {
              name: 'envoy.tracers.opentelemetry.samplers.trace_id_ratio_based',
              typedConfig: {
                '@type': `${SAMPLERS}.TraceIdRatioBasedSamplerConfig`,
                samplingPercentage: { numerator: 0, denominator: 'HUNDRED' },
              },
            },
          },
        },
      }),
    ),
  },
  b3: { direction: 'OUTBOUND', tracing: tracing(zipkin('USE_B3')) },
  'b3, not chosen': { direction: 'INBOUND', tracing: tracing(zipkin('USE_B3'), 0) },
  'b3, short ids': { direction: 'INBOUND', tracing: tracing(zipkin('USE_B3', { traceId128bit: false })) },
  'b3 and w3c': { direction: 'INBOUND', tracing: tracing(zipkin('USE_B3_WITH_W3C_PROPAGATION')) },
}

const ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const parent = (flags: string) => `00-${ID}-${SPAN}-${flags}`
const uuid = (digit: string) => `11111111-2222-${digit}333-8444-555555555555`

export const TRACING_CASES: readonly TracingCase[] = [
  { name: 'a request begins a trace', manager: 'out', spans: 1 },
  { name: 'the application is handed the context', manager: 'in', spans: 1 },
  { name: "a caller's trace is followed", manager: 'out', headers: { traceparent: parent('01'), tracestate: 'a=b' }, spans: 1 },
  { name: 'a caller that did not sample is asked again', manager: 'out', headers: { traceparent: parent('00') }, spans: 1 },
  {
    name: 'chance decides against a caller that sampled',
    manager: 'out, not chosen',
    headers: { traceparent: parent('01') },
    spans: 0,
  },
  { name: 'chance decides against it', manager: 'out, not chosen', spans: 0 },
  { name: 'a request id decides for it', manager: 'out, not chosen', headers: { 'x-request-id': uuid('9') }, spans: 1 },
  { name: 'a request id does not decide against it', manager: 'out', headers: { 'x-request-id': uuid('4') }, spans: 1 },
  { name: 'an id that is no UUID decides nothing', manager: 'out', headers: { 'x-request-id': 'mine' }, spans: 0 },
  { name: 'the client forces it', manager: 'out, not chosen', headers: { 'x-client-trace-id': 'abc' }, spans: 1 },
  {
    name: 'a service forces it',
    manager: 'out, not chosen',
    headers: { 'x-envoy-internal': 'true', 'x-envoy-force-trace': '1' },
    spans: 0,
  },
  { name: 'a long path is cut', manager: 'out', path: '/0123456789?query=1', spans: 1 },
  { name: 'headers become tags', manager: 'out', headers: { 'x-user': 'kim' }, spans: 1 },
  { name: 'an error of the service', manager: 'out', path: '/status/500', spans: 1 },
  { name: 'a mistake of the client', manager: 'out', path: '/status/404', spans: 1 },
  { name: 'a mistake of the client, at the server', manager: 'in', path: '/status/404', spans: 1 },
  { name: 'an error at the server', manager: 'in', path: '/status/502', spans: 1 },
  {
    name: "the caller's proxy names the span",
    manager: 'in',
    headers: { 'x-envoy-decorator-operation': 'by the caller' },
    spans: 1,
  },
  { name: "the other side names the caller's span", manager: 'out', path: '/named', spans: 1 },
  { name: 'a name that is not told', manager: 'in, kept to itself', spans: 1 },
  { name: 'gRPC', manager: 'in', headers: { 'content-type': 'application/grpc', te: 'trailers' }, spans: 1 },
  { name: 'OTLP over HTTP', manager: 'over HTTP', spans: 1 },
  { name: 'spans of tries', manager: 'gateway', spans: 2 },
  {
    name: 'spans of tries, one after the other',
    manager: 'gateway',
    path: '/flaky',
    spans: 3,
  },
  { name: 'nothing is handed on', manager: 'nothing handed on', spans: 1 },
  { name: 'request ids are not asked', manager: 'ids do not decide', spans: 1 },
  {
    name: 'request ids are not asked, with a caller that did not sample',
    manager: 'ids do not decide',
    headers: { traceparent: parent('00') },
    spans: 1,
  },
  { name: 'a sampler decides', manager: 'follows the caller', spans: 0 },
  { name: 'a sampler follows the caller', manager: 'follows the caller', headers: { traceparent: parent('01') }, spans: 1 },
  {
    name: 'a sampler follows the caller in not sampling',
    manager: 'follows the caller',
    headers: { traceparent: parent('00') },
    spans: 0,
  },
  { name: 'B3 begins a trace', manager: 'b3', spans: 1 },
  {
    name: 'B3 in several fields',
    manager: 'b3',
    headers: { 'x-b3-traceid': ID, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' },
    spans: 1,
  },
  {
    name: 'B3 that did not sample',
    manager: 'b3',
    headers: { 'x-b3-traceid': ID, 'x-b3-spanid': SPAN, 'x-b3-sampled': '0' },
    spans: 0,
  },
  { name: 'B3 in one field', manager: 'b3', headers: { b3: `${ID}-${SPAN}-1` }, spans: 1 },
  {
    name: 'B3 decides where chance did not',
    manager: 'b3, not chosen',
    headers: { 'x-b3-traceid': ID, 'x-b3-spanid': SPAN, 'x-b3-sampled': '1' },
    spans: 1,
  },
  { name: 'B3 with short ids', manager: 'b3, short ids', spans: 1 },
  { name: 'B3 alone does not read traceparent', manager: 'b3', headers: { traceparent: parent('01') }, spans: 1 },
  { name: 'B3 and W3C read traceparent', manager: 'b3 and w3c', headers: { traceparent: parent('01') }, spans: 1 },
  { name: 'B3 and W3C begin a trace', manager: 'b3 and w3c', spans: 1 },
]

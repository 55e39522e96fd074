/** Telemetry (telemetry.istio.io): spans, metrics and access logs of workloads. */
import { type Static, Type } from 'typebox'
import { described, duration, exclusive, mapOf, message } from '../../schema/message.ts'
import { ONE_TARGET, policyTargetFields } from '../policy-target.ts'

const Mode = Type.Enum(['CLIENT_AND_SERVER', 'CLIENT', 'SERVER'], {
  default: 'CLIENT_AND_SERVER',
  description: 'for requests sent, requests received, or both',
})

const providers = (description: string) =>
  Type.Array(message({}, { name: Type.String({ minLength: 1, description: "a provider of the mesh's extensionProviders" }) }), {
    description,
  })

const named = (description: string) =>
  message(
    { defaultValue: Type.String({ description: 'value when it is not there' }) },
    { name: Type.String({ minLength: 1, description: 'its name' }) },
    { description },
  )
const valued = (description: string, value: string) =>
  message({}, { value: Type.String({ minLength: 1, description: value }) }, { description })

export const CustomTag = message(
  {
    literal: valued('the same text for every span', 'the text'),
    environment: named("a variable of the proxy's environment"),
    header: named('a header of the request'),
    formatter: valued("operators of Envoy's access log format", 'the format'),
  },
  {},
  exclusive(['literal', 'environment', 'header', 'formatter']),
)

export const Tracing = message({
  match: message({ mode: Mode }, {}, { description: 'which requests' }),
  providers: providers('where spans go; only the first is used. Absent: the default provider'),
  randomSamplingPercentage: Type.Number({
    minimum: 0,
    maximum: 100,
    description: 'percentage of the requests nobody has decided on yet that are traced',
  }),
  disableSpanReporting: Type.Boolean({ description: 'report no spans; the context is still handed on' }),
  customTags: mapOf(CustomTag, { description: 'further tags of the spans, by name' }),
  useRequestIdForTraceSampling: Type.Boolean({ default: true, description: 'let x-request-id decide on sampling' }),
  enableIstioTags: Type.Boolean({ default: true, description: 'give spans the tags istio.canonical_service and the like' }),
  disableContextPropagation: Type.Boolean({ description: 'send no trace headers upstream' }),
})
export type Tracing = Static<typeof Tracing>

const TagOverride = message(
  {
    operation: Type.Enum(['UPSERT', 'REMOVE'], { default: 'UPSERT', description: 'set the tag, or leave it out' }),
    value: Type.String({ description: 'expression in CEL on the attributes of Envoy, such as request.host' }),
  },
  {},
  {
    'x-kubernetes-validations': [
      {
        message: 'UPSERT needs a value',
        rule: "!has(self.operation) || self.operation != 'UPSERT' || (has(self.value) && self.value != '')",
      },
      { message: 'REMOVE takes no value', rule: "!has(self.operation) || self.operation != 'REMOVE' || !has(self.value)" },
    ],
  },
)
export type TagOverride = Static<typeof TagOverride>

const istioMetrics = [
  'ALL_METRICS',
  'REQUEST_COUNT',
  'REQUEST_DURATION',
  'REQUEST_SIZE',
  'RESPONSE_SIZE',
  'TCP_OPENED_CONNECTIONS',
  'TCP_CLOSED_CONNECTIONS',
  'TCP_SENT_BYTES',
  'TCP_RECEIVED_BYTES',
  'GRPC_REQUEST_MESSAGES',
  'GRPC_RESPONSE_MESSAGES',
] as const

const MetricSelector = message(
  {
    metric: Type.Enum(istioMetrics, { description: "one of the mesh's metrics, or all" }),
    customMetric: Type.String({ minLength: 1, description: 'any other metric, by name' }),
    mode: Mode,
  },
  {},
  exclusive(['metric', 'customMetric']),
)

export const MetricsOverride = message({
  match: described('which metrics; default: all', MetricSelector),
  disabled: Type.Boolean({ description: 'do not report them' }),
  tagOverrides: mapOf(TagOverride, { description: 'changes to tags, by name' }),
})
export type MetricsOverride = Static<typeof MetricsOverride>

export const Metrics = message({
  providers: providers('who is told of metrics; absent: the default providers'),
  overrides: Type.Array(MetricsOverride, {
    description: 'changes to metrics, made in this order after those of the wider levels',
  }),
  reportingInterval: duration({ default: '5s', description: 'time between two reports of a TCP connection that is still open' }),
})
export type Metrics = Static<typeof Metrics>

export const AccessLogging = message({
  match: message({ mode: Mode }, {}, { description: 'which requests' }),
  providers: providers('who is given the log; absent: the default providers'),
  disabled: Type.Boolean({ description: 'write no log' }),
  filter: message(
    { expression: Type.String({ description: 'expression in CEL; a request is logged when it is true' }) },
    {},
    { description: 'which requests are worth a line' },
  ),
})
export type AccessLogging = Static<typeof AccessLogging>

export const TelemetrySpec = message(
  {
    ...policyTargetFields,
    tracing: Type.Array(Tracing, { description: 'spans; only the first entry is used' }),
    metrics: Type.Array(Metrics, { description: 'metrics' }),
    accessLogging: Type.Array(AccessLogging, { description: 'access logs' }),
  },
  {},
  { 'x-kubernetes-validations': [ONE_TARGET] },
)
export type TelemetrySpec = Static<typeof TelemetrySpec>

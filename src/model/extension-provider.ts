/**
 * Services that telemetry uses, as the mesh configuration declares them (Istio's extensionProviders, without those for authorization).
 * Lengths of time in milliseconds; undefined is the data plane's own.
 */

/** A service of the mesh: "host", in whichever namespace it is found, or one namespace's. */
export interface ProviderService {
  readonly host: string
  readonly namespace: string | undefined
  readonly port: number
}

export interface ProviderHeader {
  readonly name: string
  /** undefined: from the proxy's environment. */
  readonly value: string | undefined
  readonly fromEnvironment: string | undefined
}

export type ExtensionProvider =
  | SpanProvider
  | OpenTelemetryProvider
  | FileLogProvider
  | RemoteLogProvider
  | { readonly kind: 'prometheus' | 'stackdriver' }

/** Spans to a collector with a protocol of its own. */
export interface SpanProvider {
  readonly kind: 'zipkin' | 'datadog' | 'lightstep' | 'skywalking' | 'opencensus'
  readonly service: ProviderService
  readonly maxPathLength: number | undefined
  readonly timeoutMs: number | undefined
  readonly headers: readonly ProviderHeader[]
  /** Of Zipkin. */
  readonly path: string
  readonly shortTraceIds: boolean
  readonly w3c: boolean
  readonly accessToken: string
}

export interface OpenTelemetryProvider {
  readonly kind: 'opentelemetry'
  readonly service: ProviderService
  readonly maxPathLength: number | undefined
  /** OTLP over HTTP: the path; undefined: over gRPC. */
  readonly httpPath: string | undefined
  readonly timeoutMs: number | undefined
  readonly headers: readonly ProviderHeader[]
  readonly detectors: { readonly environment: boolean; readonly dynatrace: boolean }
  readonly sampler: DynatraceSampler | undefined
  /** Services are named as OpenTelemetry does. */
  readonly semanticNames: boolean
}

export interface DynatraceSampler {
  readonly tenant: string
  readonly clusterId: number
  readonly rootSpansPerMinute: number
}

/** What a log entry is made of: a line of Envoy's operators, or fields of JSON. undefined: the usual line. */
export interface LogForm {
  readonly text: string | undefined
  readonly labels: Readonly<Record<string, unknown>> | undefined
}

export interface FileLogProvider {
  readonly kind: 'file-log'
  readonly path: string
  readonly form: LogForm
  readonly omitEmpty: boolean
}

/** Access logs by gRPC: Envoy's service for requests or connections, or OpenTelemetry's. */
export interface RemoteLogProvider {
  readonly kind: 'http-log' | 'tcp-log' | 'opentelemetry-log'
  readonly service: ProviderService
  readonly logName: string
  readonly filterStates: readonly string[]
  readonly requestHeaders: readonly string[]
  readonly responseHeaders: readonly string[]
  readonly responseTrailers: readonly string[]
  readonly form: LogForm
}

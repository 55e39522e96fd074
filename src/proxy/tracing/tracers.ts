/**
 * The tracing providers of the process. Connection managers with the same provider share its queue, across updates; what makes reports of spans
 * is loaded when there are some.
 */
import type { Clock } from '../../lib/clock.ts'
import type { Node } from '../../xds/gen/envoy/config/core/v3/base.ts'
import type { Tracing_Http as Provider } from '../../xds/gen/envoy/config/trace/v3/http_tracer.ts'
import { OpenTelemetryConfig } from '../../xds/gen/envoy/config/trace/v3/opentelemetry.ts'
import {
  ZipkinConfig_CollectorEndpointVersion as CollectorEndpoint,
  ZipkinConfig_TraceContextOption as ContextOption,
  ZipkinConfig,
} from '../../xds/gen/envoy/config/trace/v3/zipkin.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import type { Clusters } from '../cluster/cluster.ts'
import { readGrpcTarget } from '../cluster/grpc-unary.ts'
import type { StatsRegistry } from '../telemetry/stats.ts'
import { overGrpc, overHttp, REPORT_TIMEOUT_MS, readHttpTarget, type SendReport } from './collector.ts'
import { DroppedContext } from './dropped-context.ts'
import { b3, w3c } from './propagation.ts'
import { resourceAttributes } from './resource.ts'
import { compileSampler } from './sampler.ts'
import type { Span, SpanSink } from './span.ts'
import { SpanQueue, TracingStats } from './span-queue.ts'
import type { Tracer } from './tracer.ts'

export interface TracersContext {
  readonly clusters: Clusters
  readonly stats: StatsRegistry
  readonly clock: Clock
  readonly node: Node
  readonly log: (level: 'warning' | 'debug', component: string, message: string) => void
}

/** Turns spans into a report; the promise is that of the code for it. */
type Encode = Promise<(spans: readonly Span[]) => Uint8Array>

const PREFIX = 'envoy.config.trace.v3.'
const OTLP_METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const OTLP_TYPE = 'application/x-protobuf'

export class Tracers {
  readonly #context: TracersContext
  readonly #processTags: ReadonlyMap<string, string>
  readonly #dropped: DroppedContext
  readonly #byProvider = new Map<string, { readonly tracer: Tracer; readonly queue: SpanQueue }>()

  constructor(context: TracersContext) {
    this.#context = context
    const { node, stats, log } = context
    this.#dropped = new DroppedContext(stats, destination =>
      log('warning', 'tracing', `${node.cluster} received a trace and called ${destination} without it: the trace ends here`),
    )
    this.#processTags = new Map([
      ['node_id', node.id],
      ['zone', node.locality?.zone ?? ''],
    ])
  }

  /**
   * @returns undefined: a provider that only Envoy has; there are no spans then, and a warning says so
   * @throws naming the setting that can't be used
   */
  open({ name, configType }: Provider): Tracer | undefined {
    const typed = configType?.value
    if (typed === undefined) throw new Error(`tracing provider "${name}" has no typed_config`)
    const key = `${typed.typeUrl} ${Buffer.from(typed.value).toString('base64')}`
    const known = this.#byProvider.get(key)
    if (known !== undefined) return known.tracer
    const made = this.#make(name, messageName(typed.typeUrl), typed.value)
    if (made !== undefined) this.#byProvider.set(key, made)
    return made?.tracer
  }

  /** Where spans go that no connection manager makes: where the first of those sends its own; undefined: nobody traces. */
  get sink(): SpanSink | undefined {
    for (const { queue } of this.#byProvider.values()) return queue
    return undefined
  }

  /** Sends what is gathered. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#byProvider.values(), ({ queue }) => queue.flush()))
  }

  #make(name: string, type: string, config: Uint8Array) {
    if (type === `${PREFIX}OpenTelemetryConfig`) return this.#openTelemetry(OpenTelemetryConfig.decode(config))
    if (type === `${PREFIX}ZipkinConfig`) return this.#zipkin(ZipkinConfig.decode(config))
    this.#context.log('warning', 'tracing', `provider "${name}" (${type}) is one that only Envoy has: no spans are made`)
    return undefined
  }

  #openTelemetry(config: OpenTelemetryConfig) {
    const { grpcService, httpService, serviceName, resourceDetectors, sampler } = config
    const { clusters, log } = this.#context
    const warn = (text: string) => log('warning', 'tracing', text)
    const send =
      httpService === undefined
        ? overGrpc(clusters, readGrpcTarget(grpcService, REPORT_TIMEOUT_MS), OTLP_METHOD)
        : overHttp(clusters, readHttpTarget(httpService), OTLP_TYPE)
    const resource = resourceAttributes(serviceName, resourceDetectors, process.env, warn)
    const queue = this.#queue('opentelemetry', send, () =>
      import('./otlp.ts').then(
        ({ encodeOtlp }) =>
          spans =>
            encodeOtlp(spans, resource),
      ),
    )
    return this.#tracer(queue, {
      propagation: w3c,
      shortIds: false,
      sampler: compileSampler(sampler, warn),
      nameOf: (authority, outbound) => (outbound ? `egress ${authority}` : 'ingress'),
      processTags: this.#processTags,
    })
  }

  #zipkin(config: ZipkinConfig) {
    const { collectorCluster, collectorEndpoint, collectorHostname, collectorEndpointVersion, collectorService } = config
    if (collectorService === undefined && collectorEndpointVersion !== CollectorEndpoint.HTTP_JSON)
      throw new Error(`collector_endpoint_version ${collectorEndpointVersion} is not supported, expected HTTP_JSON`)
    if (config.sharedSpanContext !== false) throw new Error('shared_span_context is not supported, expected false')
    const target = collectorService
      ? readHttpTarget(collectorService)
      : {
          cluster: collectorCluster,
          authority: collectorHostname || collectorCluster,
          path: collectorEndpoint,
          timeoutMs: REPORT_TIMEOUT_MS,
          headers: [],
        }
    const service = this.#context.node.cluster
    const queue = this.#queue('zipkin', overHttp(this.#context.clusters, target, 'application/json'), () =>
      import('./zipkin.ts').then(
        ({ encodeZipkin }) =>
          spans =>
            encodeZipkin(spans, service),
      ),
    )
    return this.#tracer(queue, {
      propagation: b3(config.traceContextOption === ContextOption.USE_B3_WITH_W3C_PROPAGATION),
      shortIds: !config.traceId128bit,
      sampler: undefined,
      nameOf: authority => authority,
      // Zipkin knows no empty values.
      processTags: new Map([...this.#processTags].filter(([, value]) => value !== '')),
    })
  }

  #tracer(queue: SpanQueue, rest: Omit<Tracer, 'sink' | 'dropped'>) {
    return { queue, tracer: { ...rest, sink: queue, dropped: this.#dropped } }
  }

  #queue(kind: string, send: SendReport, load: () => Encode): SpanQueue {
    const { stats, clock, log } = this.#context
    const counts = stats.shared(TracingStats, { prefix: `tracing.${kind}`, family: `envoy_tracing_${kind}`, labels: {} })
    let encode: Encode | undefined
    let failed = false
    return new SpanQueue(
      (spans, done) => {
        encode ??= load()
        void encode.then(toReport =>
          send(toReport(spans), error => {
            if (error === undefined) failed = false
            done(error)
          }),
        )
      },
      counts,
      clock,
      reason => {
        // Once for each time the collector goes away.
        log(failed ? 'debug' : 'warning', 'tracing', `Cannot report spans (${kind}): ${reason}; they are dropped`)
        failed = true
      },
    )
  }
}

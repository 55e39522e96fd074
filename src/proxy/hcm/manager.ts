/**
 * Envoy's HttpConnectionManager: what one filter chain does with HTTP, built whole when configuration arrives and shared by its connections.
 */
import type { TimerWheel } from '../../lib/timer-wheel.ts'
import type { HttpConnectionManager as Config } from '../../xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import type { Clusters } from '../cluster/cluster.ts'
import type { ProxyContext } from '../context.ts'
import { Http2Stats } from '../http2/stats.ts'
import type { Connection, OpenConnection, TerminalFilter } from '../listener/connection.ts'
import { type AccessLogger, compileAccessLogs } from '../telemetry/access-log.ts'
import type { DecisionRecord, Side } from '../telemetry/decision-record.ts'
import type { Recorder } from '../telemetry/recorder.ts'
import { type MetricsPlan, readMetricsPlan } from '../telemetry/standard/metrics-plan.ts'
import type { StandardMetrics } from '../telemetry/standard/standard-metrics.ts'
import { HttpTracing } from '../tracing/http-tracing.ts'
import { type ConnectionOwner, HttpConnection } from './connection.ts'
import type { HttpFilter } from './filter.ts'
import { buildFilters } from './filters.ts'
import { type HcmStats, hcmStats } from './hcm-stats.ts'
import { type HcmOptions, readOptions } from './options.ts'
import type { ActiveRequest } from './request.ts'
import type { RouteSource } from './services.ts'

export interface ManagerSettings {
  readonly config: Config
  readonly routes: RouteSource
  /** Of the listener (per_connection_buffer_limit_bytes). */
  readonly bufferLimit: number
  readonly context: ProxyContext
  readonly side: Side
}

export class HttpConnectionManager implements TerminalFilter, ConnectionOwner {
  readonly options: HcmOptions
  readonly stats: HcmStats
  readonly http2Stats: Http2Stats
  readonly filters: readonly HttpFilter[]
  readonly routes: RouteSource
  readonly clusters: Clusters
  readonly timers: TimerWheel
  readonly random: () => number
  readonly tracing: HttpTracing | undefined
  readonly side: Side
  readonly #recorder: Recorder
  readonly #metrics: StandardMetrics
  readonly #metricsPlan: MetricsPlan | undefined
  readonly #accessLogs: readonly AccessLogger[]
  readonly #endFilters: readonly HttpFilter[]

  /** @throws naming the field or the filter that can't be used */
  constructor({ config, routes, bufferLimit, context, side }: ManagerSettings) {
    this.options = readOptions(config)
    this.routes = routes
    this.clusters = context.clusters
    this.timers = context.timers
    this.random = context.random
    this.side = side
    this.#recorder = context.recorder
    this.#metrics = context.metrics
    this.stats = hcmStats(context.stats, this.options.statPrefix)
    this.http2Stats = context.stats.shared(Http2Stats, { prefix: 'http2', family: 'envoy_http2', labels: {} })
    this.filters = buildFilters(config.httpFilters, {
      stats: context.stats,
      statPrefix: config.statPrefix,
      clusters: context.clusters,
      log: context.log,
      denials: context.denials,
      keySets: context.keySets,
      scripts: context.scripts,
      drain: context.drain,
      bufferLimit,
    })
    this.#endFilters = this.filters.filter(filter => filter.onEnd !== undefined)
    this.tracing = this.#openTracing(config, context, side === 'outbound')
    this.#metricsPlan = readMetricsPlan(config.accessLog)
    this.#accessLogs = compileAccessLogs(config.accessLog, context)
  }

  #openTracing({ tracing }: Config, { tracers, random }: ProxyContext, outbound: boolean): HttpTracing | undefined {
    const tracer = tracing?.provider && tracers.open(tracing.provider)
    const byRequestId = this.options.tracesByRequestId
    return tracing && tracer && new HttpTracing(tracing, { tracer, outbound, byRequestId, random })
  }

  get routeSource(): RouteSource {
    return this.routes
  }

  accept(connection: Connection, closed: (ended: OpenConnection) => void): OpenConnection {
    const http = new HttpConnection(this, connection, closed)
    http.start()
    return http
  }

  refused(record: DecisionRecord): void {
    this.stats.downstream_rq.count(record.status)
    this.#report(record)
  }

  /** The one place where a request ends, well or not. */
  requestOver(request: ActiveRequest): void {
    const { record } = request
    this.stats.requestOver(record.status, record.endedAt - record.startedAt)
    for (let i = 0; i < this.#endFilters.length; i++) this.#endFilters[i]?.onEnd?.(request)
    this.#report(record)
  }

  #report(record: DecisionRecord): void {
    for (let i = 0; i < this.#accessLogs.length; i++) this.#accessLogs[i]?.log(record)
    if (record.trace !== undefined) this.tracing?.report(record, record.trace)
    this.#metrics.requestOver(record, this.#metricsPlan)
    this.#recorder.over(record)
  }
}

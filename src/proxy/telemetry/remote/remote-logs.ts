/**
 * Access logs that go to collectors: Envoy's access log service and OpenTelemetry's, by gRPC. Loggers of one destination share its queue, across
 * updates of the configuration; the messages are loaded when somebody logs there. A collector that is slow or away costs the traffic nothing: entries
 * that find no room are counted and forgotten.
 */
import type { AccessLog } from '../../../xds/gen/envoy/config/accesslog/v3/accesslog.ts'
import { HttpGrpcAccessLogConfig, TcpGrpcAccessLogConfig } from '../../../xds/gen/envoy/extensions/access_loggers/grpc/v3/als.ts'
import { OpenTelemetryAccessLogConfig } from '../../../xds/gen/envoy/extensions/access_loggers/open_telemetry/v3/logs_service.ts'
import { unpack } from '../../../xds/wire/any.ts'
import type { DecisionRecord } from '../decision-record.ts'
import type { LogDestination, LogSink, RemoteLogsContext } from './log-sink.ts'

/** Records that come before the code for them is there: a moment's. */
const MOST_EARLY = 256

const GRPC = 'envoy.extensions.access_loggers.grpc.v3'
const OTEL = 'envoy.extensions.access_loggers.open_telemetry.v3'

export class RemoteLogs {
  readonly #context: RemoteLogsContext
  /** What is open, by what tells destinations apart. */
  readonly #destinations = new Map<string, LogDestination>()

  constructor(context: RemoteLogsContext) {
    this.#context = context
  }

  /** @returns undefined: it is a log of another kind @throws naming the setting that cannot be used */
  open({ configType }: AccessLog): LogSink | undefined {
    const any = configType?.value
    const http = unpack(`${GRPC}.HttpGrpcAccessLogConfig`, HttpGrpcAccessLogConfig, any)
    if (http !== undefined) return this.#sink(({ httpLog }) => httpLog(http, this.#context, this.#destinations))
    const tcp = unpack(`${GRPC}.TcpGrpcAccessLogConfig`, TcpGrpcAccessLogConfig, any)
    if (tcp !== undefined) return this.#sink(({ tcpLog }) => tcpLog(tcp, this.#context, this.#destinations))
    const otel = unpack(`${OTEL}.OpenTelemetryAccessLogConfig`, OpenTelemetryAccessLogConfig, any)
    if (otel !== undefined) return this.#sink(({ otelLog }) => otelLog(otel, this.#context, this.#destinations))
    return undefined
  }

  /** Sends what is gathered. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#destinations.values(), destination => destination.flush()))
  }

  #sink(make: (loaded: typeof import('./destination.ts')) => LogSink): LogSink {
    const early: DecisionRecord[] = []
    let sink: LogSink = record => {
      if (early.length < MOST_EARLY) early.push(record)
    }
    import('./destination.ts').then(
      loaded => {
        sink = make(loaded)
        for (const record of early.splice(0)) sink(record)
      },
      (error: unknown) => this.#context.log('warning', 'access-log', `Cannot send access logs: ${String(error)}`),
    )
    return record => sink(record)
  }
}

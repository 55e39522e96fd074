/** Where log entries of one kind go: the queue before it, what is counted of it, and the way there. Loaded when a configuration has such logs. */
import type { Node } from '../../../xds/gen/envoy/config/core/v3/base.ts'
import type {
  CommonGrpcAccessLogConfig as Common,
  HttpGrpcAccessLogConfig,
  TcpGrpcAccessLogConfig,
} from '../../../xds/gen/envoy/extensions/access_loggers/grpc/v3/als.ts'
import type { OpenTelemetryAccessLogConfig } from '../../../xds/gen/envoy/extensions/access_loggers/open_telemetry/v3/logs_service.ts'
import { StreamAccessLogsMessage } from '../../../xds/gen/envoy/service/accesslog/v3/als.ts'
import type { KeyValue } from '../../../xds/gen/opentelemetry/proto/common/v1/common.ts'
import { durationMs } from '../../../xds/wire/duration.ts'
import { GrpcStream } from '../../cluster/grpc-stream.ts'
import { readGrpcTarget } from '../../cluster/grpc-unary.ts'
import { overGrpc, REPORT_TIMEOUT_MS } from '../../tracing/collector.ts'
import { ReportQueue, type SendItems } from '../report-queue.ts'
import { httpEntry, tcpEntry } from './log-entries.ts'
import { compileLogRecord, encodeLogRecords } from './log-records.ts'
import type { LogDestination, LogSink, RemoteLogsContext } from './log-sink.ts'
import { overStream } from './log-stream.ts'

type Destinations = Map<string, LogDestination>

/** Under Envoy's names (access_logs.<kind>.*). */
class LogStats {
  logs_written = 0
  logs_dropped = 0
}

const STREAM = '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs'
const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

export function httpLog(config: HttpGrpcAccessLogConfig, context: RemoteLogsContext, open: Destinations): LogSink {
  const lower = (names: readonly string[]) => names.map(name => name.toLowerCase())
  const names = {
    request: lower(config.additionalRequestHeadersToLog),
    response: lower(config.additionalResponseHeadersToLog),
    trailers: lower(config.additionalResponseTrailersToLog),
  }
  const queue = streamQueue('http', config.commonConfig, context, open, (logEntry: ReturnType<typeof httpEntry>[]) => ({
    $case: 'httpLogs',
    value: { logEntry },
  }))
  return record => queue.add(httpEntry(record, names))
}

export function tcpLog(config: TcpGrpcAccessLogConfig, context: RemoteLogsContext, open: Destinations): LogSink {
  const queue = streamQueue('tcp', config.commonConfig, context, open, (logEntry: ReturnType<typeof tcpEntry>[]) => ({
    $case: 'tcpLogs',
    value: { logEntry },
  }))
  return record => queue.add(tcpEntry(record))
}

export function otelLog(config: OpenTelemetryAccessLogConfig, context: RemoteLogsContext, open: Destinations): LogSink {
  const recordOf = compileLogRecord(config)
  const resource = [
    ...(config.disableBuiltinLabels ? [] : builtInLabels(config.commonConfig?.logName ?? '', context.node)),
    ...(config.resourceAttributes?.values ?? []),
  ]
  type Item = ReturnType<typeof recordOf>
  const queue = queueFor<Item>(
    'open_telemetry_access_log',
    config.commonConfig,
    JSON.stringify(resource),
    context,
    open,
    common => {
      const send = overGrpc(context.clusters, readGrpcTarget(common.grpcService, REPORT_TIMEOUT_MS), EXPORT)
      return (records, done) => send(encodeLogRecords(records, resource), done)
    },
  )
  return record => queue.add(recordOf(record))
}

function builtInLabels(logName: string, { id, cluster, locality }: Node): KeyValue[] {
  const labels = { log_name: logName, zone_name: locality?.zone ?? '', cluster_name: cluster, node_name: id }
  return Object.entries(labels).map(([key, value]) => ({ key, value: { value: { $case: 'stringValue', value } } }))
}

function streamQueue<Item>(
  kind: 'http' | 'tcp',
  common: Common | undefined,
  context: RemoteLogsContext,
  open: Destinations,
  entries: (items: Item[]) => NonNullable<StreamAccessLogsMessage['logEntries']>,
): ReportQueue<Item> {
  return queueFor<Item>('grpc_access_log', common, kind, context, open, ({ logName, grpcService }) => {
    const target = readGrpcTarget(grpcService, REPORT_TIMEOUT_MS)
    const identifier = { node: context.node, logName }
    return overStream<Item>(
      ended => GrpcStream.open(context.clusters, target, STREAM, ended),
      (items, first) =>
        StreamAccessLogsMessage.encode({ identifier: first ? identifier : undefined, logEntries: entries([...items]) }).finish(),
      context.clock,
    )
  })
}

/** @param what tells queues to the same service apart */
function queueFor<Item>(
  stat: string,
  common: Common | undefined,
  what: string,
  { stats, clock, log }: RemoteLogsContext,
  open: Destinations,
  way: (common: Common) => SendItems<Item>,
): ReportQueue<Item> {
  if (common === undefined) throw new Error('Cannot use access logger: it has no common_config')
  const key = JSON.stringify([stat, what, common])
  const known = open.get(key)
  // The key has the kind of the entries in it.
  if (known instanceof ReportQueue) return known
  const counts = stats.shared(LogStats, { prefix: `access_logs.${stat}`, family: `envoy_access_logs_${stat}`, labels: {} })
  let failed = false
  const observer = {
    sent(items: number) {
      counts.logs_written += items
      failed = false
    },
    lost(items: number, reason: string) {
      counts.logs_dropped += items
      // Once for each time the collector goes away.
      log(failed ? 'debug' : 'warning', 'access-log', `Cannot send access logs "${common.logName}": ${reason}; they are dropped`)
      failed = true
    },
    refused() {
      counts.logs_dropped++
    },
    flushed() {},
  }
  const queue = new ReportQueue(way(common), observer, clock, durationMs(common.bufferFlushInterval))
  open.set(key, queue)
  return queue
}

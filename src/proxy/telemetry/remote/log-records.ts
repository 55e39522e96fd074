/** Log records in OpenTelemetry's form (OTLP). Loaded when a configuration asks for such logs. */

import { fromByteText } from '../../../lib/byte-text.ts'
import type { OpenTelemetryAccessLogConfig as Config } from '../../../xds/gen/envoy/extensions/access_loggers/open_telemetry/v3/logs_service.ts'
import { ExportLogsServiceRequest } from '../../../xds/gen/opentelemetry/proto/collector/logs/v1/logs_service.ts'
import type { AnyValue, KeyValue } from '../../../xds/gen/opentelemetry/proto/common/v1/common.ts'
import { LogRecord } from '../../../xds/gen/opentelemetry/proto/logs/v1/logs.ts'
import type { DecisionRecord } from '../decision-record.ts'
import { compileTextFormat } from '../log-format.ts'

const NANOSECONDS = 1_000_000

/** @throws naming what of the format cannot be used */
export function compileLogRecord({
  body,
  attributes,
}: Pick<Config, 'body' | 'attributes'>): (record: DecisionRecord) => LogRecord {
  const bodyOf = body && compileValue(body)
  const fields = (attributes?.values ?? []).map(({ key, value }) => [key, compileValue(value)] as const)
  return record =>
    LogRecord.fromPartial({
      timeUnixNano: record.startTime * NANOSECONDS,
      observedTimeUnixNano: Date.now() * NANOSECONDS,
      body: bodyOf?.(record),
      attributes: fields.map(([key, read]): KeyValue => ({ key, value: read(record) })),
      traceId: record.trace ? Buffer.from(record.trace.traceId.padStart(32, '0'), 'hex') : new Uint8Array(),
      spanId: record.trace ? Buffer.from(record.trace.spanId, 'hex') : new Uint8Array(),
    })
}

export function encodeLogRecords(records: readonly LogRecord[], resource: readonly KeyValue[]): Uint8Array {
  const message = ExportLogsServiceRequest.fromPartial({
    resourceLogs: [
      { resource: { attributes: [...resource] }, scopeLogs: [{ scope: { name: 'mizzen' }, logRecords: [...records] }] },
    ],
  })
  return ExportLogsServiceRequest.encode(message).finish()
}

/** Texts are formats, wherever they stand; Envoy takes no other values. */
function compileValue(value: AnyValue | undefined): (record: DecisionRecord) => AnyValue {
  const kind = value?.value
  switch (kind?.$case) {
    case 'stringValue': {
      const format = compileTextFormat(kind.value)
      return record => ({ value: { $case: 'stringValue', value: fromByteText(format(record)) } })
    }
    case 'arrayValue': {
      const items = kind.value.values.map(compileValue)
      return record => ({ value: { $case: 'arrayValue', value: { values: items.map(item => item(record)) } } })
    }
    case 'kvlistValue': {
      const fields = kind.value.values.map(field => [field.key, compileValue(field.value)] as const)
      return record => ({
        value: { $case: 'kvlistValue', value: { values: fields.map(([key, item]) => ({ key, value: item(record) })) } },
      })
    }
    default:
      throw new Error(`Cannot use ${kind?.$case ?? 'nothing'} in an OpenTelemetry log: expected texts, lists or maps of them`)
  }
}

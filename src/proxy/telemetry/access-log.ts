/**
 * Access loggers of the configuration, each with its filter: file, stdout and stderr with a format, and collectors.
 */
import type { AccessLog } from '../../xds/gen/envoy/config/accesslog/v3/accesslog.ts'
import type { SubstitutionFormatString } from '../../xds/gen/envoy/config/core/v3/substitution_format_string.ts'
import { FileAccessLog } from '../../xds/gen/envoy/extensions/access_loggers/file/v3/file.ts'
import { StderrAccessLog, StdoutAccessLog } from '../../xds/gen/envoy/extensions/access_loggers/stream/v3/stream.ts'
import { unpack } from '../../xds/wire/any.ts'
import type { ProxyContext } from '../context.ts'
import { compileLogFilter } from './access-log-filter.ts'
import type { DecisionRecord } from './decision-record.ts'
import type { LogFile } from './log-files.ts'
import { compileJsonFormat, compileTextFormat, DEFAULT_FORMAT } from './log-format.ts'
import type { LogSink } from './remote/log-sink.ts'
import { isMetricsLog } from './standard/metrics-plan.ts'
import { diagnosisOf } from './story.ts'

export interface AccessLogger {
  log(record: DecisionRecord): void
}

type Format = (record: DecisionRecord) => string

/** @throws naming the logger, operator or file that can't be used */
export function compileAccessLogs(
  configs: readonly AccessLog[],
  { logFiles, remoteLogs }: Pick<ProxyContext, 'logFiles' | 'remoteLogs'>,
): AccessLogger[] {
  return configs
    .filter(config => !isMetricsLog(config))
    .map(config => {
      const filter = compileLogFilter(config.filter)
      const sink = remoteLogs.open(config)
      if (sink !== undefined) return new RemoteLogger(sink, filter)
      const [path, format] = destination(config)
      return new LineLogger(logFiles.open(path), format, filter)
    })
}

function destination({ name, configType }: AccessLog): readonly [path: string, format: Format] {
  const any = configType?.value
  const file = unpack('envoy.extensions.access_loggers.file.v3.FileAccessLog', FileAccessLog, any)
  if (file !== undefined) return [file.path, fileFormat(file)]
  const stdout = unpack('envoy.extensions.access_loggers.stream.v3.StdoutAccessLog', StdoutAccessLog, any)
  if (stdout !== undefined) return ['/dev/stdout', formatOf(stdout.accessLogFormat?.value)]
  const stderr = unpack('envoy.extensions.access_loggers.stream.v3.StderrAccessLog', StderrAccessLog, any)
  if (stderr !== undefined) return ['/dev/stderr', formatOf(stderr.accessLogFormat?.value)]
  throw new Error(
    `Cannot use access logger "${name}": type "${any?.typeUrl ?? ''}", expected a file, stdout or stderr access log, or one to a gRPC or OpenTelemetry collector`,
  )
}

function fileFormat({ accessLogFormat: chosen }: FileAccessLog): Format {
  switch (chosen?.$case) {
    case undefined:
      return compileTextFormat(DEFAULT_FORMAT)
    case 'format':
      return compileTextFormat(chosen.value === '' ? DEFAULT_FORMAT : chosen.value)
    case 'jsonFormat':
    case 'typedJsonFormat':
      return diagnosed(compileJsonFormat(chosen.value ?? {}, false, true))
    case 'logFormat':
      return formatOf(chosen.value)
  }
}

function formatOf(config: SubstitutionFormatString | undefined): Format {
  const format = config?.format
  if (config === undefined || format === undefined) return compileTextFormat(DEFAULT_FORMAT)
  if (format.$case === 'jsonFormat')
    return diagnosed(
      compileJsonFormat(format.value ?? {}, config.omitEmptyValues, config.jsonFormatOptions?.sortProperties ?? true),
    )
  if (format.$case === 'textFormat') return compileTextFormat(format.value, config.omitEmptyValues ? '' : '-')
  const source = format.value.specifier
  if (source?.$case === 'inlineString') return compileTextFormat(source.value, config.omitEmptyValues ? '' : '-')
  throw new Error('Cannot read access log format: text_format_source is not an inline_string')
}

/** A line about a request that failed says what broke, whose fault it is and what to change. */
function diagnosed(format: Format): Format {
  return record => {
    const line = format(record)
    const diagnosis = diagnosisOf(record)
    return diagnosis === undefined ? line : line.replace(/}\n$/, `,"diagnosis":${JSON.stringify(diagnosis)}}\n`)
  }
}

class RemoteLogger implements AccessLogger {
  readonly #sink: LogSink
  readonly #filter: ((record: DecisionRecord) => boolean) | undefined

  constructor(sink: LogSink, filter: ((record: DecisionRecord) => boolean) | undefined) {
    this.#sink = sink
    this.#filter = filter
  }

  log(record: DecisionRecord): void {
    if (this.#filter === undefined || this.#filter(record)) this.#sink(record)
  }
}

class LineLogger implements AccessLogger {
  readonly #file: LogFile
  readonly #format: Format
  readonly #filter: ((record: DecisionRecord) => boolean) | undefined

  constructor(file: LogFile, format: Format, filter: ((record: DecisionRecord) => boolean) | undefined) {
    this.#file = file
    this.#format = format
    this.#filter = filter
  }

  log(record: DecisionRecord): void {
    if (this.#filter === undefined || this.#filter(record)) this.#file.append(this.#format(record))
  }
}

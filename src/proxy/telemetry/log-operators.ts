/**
 * The %OPERATORS% of access log formats: what each reads of the decision record.
 */
import { hostname } from 'node:os'
import { compileTimeFormat } from '../../lib/strftime.ts'
import type { Headers } from '../http/headers.ts'
import type { DecisionRecord } from './decision-record.ts'
import { grpcStatusOf } from './grpc-status.ts'
import { longFlags } from './response-flags.ts'
import { diagnosisOf } from './story.ts'

/** A value of the record; undefined where there is none. Numbers stay numbers in JSON. */
export type Operator = (record: DecisionRecord) => string | number | undefined

/** @throws on an operator that is not known */
export function compileOperator(name: string, argument: string | undefined): Operator {
  const parameterized = WITH_ARGUMENT[name]
  if (parameterized !== undefined) return parameterized(argument ?? '')
  const plain = PLAIN[name]
  if (plain !== undefined) return plain
  const known = [...Object.keys(PLAIN), ...Object.keys(WITH_ARGUMENT)].join(', ')
  throw new Error(`Cannot read access log format: operator "${name}", expected one of ${known}`)
}

/** Of what a policy denied also the decision's id, for `mizzen explain deny`: in braces, as other details have theirs, so that it is one word still. */
function detailsOf({ details, denial }: DecisionRecord): string | undefined {
  return denial === undefined ? details || undefined : `${details}{decision:${denial.id}}`
}

/** Milliseconds between two points in time; undefined when it did not come to one of them. */
function between(from: number, until: number): number | undefined {
  return from === 0 || until === 0 ? undefined : Math.max(0, Math.trunc(until - from))
}

const host = hostname()

const PLAIN: Readonly<Record<string, Operator>> = {
  PROTOCOL: record => record.request?.protocol,
  RESPONSE_CODE: record => record.status,
  RESPONSE_CODE_DETAILS: detailsOf,
  RESPONSE_FLAGS: record => record.flags || '-',
  RESPONSE_FLAGS_LONG: record => (record.flags === '' ? '-' : longFlags(record.flags)),
  CONNECTION_TERMINATION_DETAILS: () => undefined,
  BYTES_RECEIVED: record => record.bytesReceived,
  BYTES_SENT: record => record.bytesSent,
  DURATION: record => between(record.startedAt, record.endedAt),
  REQUEST_DURATION: record => between(record.startedAt, record.requestEndedAt),
  REQUEST_TX_DURATION: record => between(record.startedAt, record.upstreamStartedAt),
  RESPONSE_DURATION: record => between(record.startedAt, record.upstreamFirstByteAt),
  RESPONSE_TX_DURATION: record => between(record.upstreamFirstByteAt, record.endedAt),
  UPSTREAM_HOST: record => record.host?.address,
  UPSTREAM_REMOTE_ADDRESS: record => record.host?.address,
  UPSTREAM_CLUSTER: record => record.cluster?.name,
  UPSTREAM_CLUSTER_RAW: record => record.cluster?.name,
  UPSTREAM_LOCAL_ADDRESS: record => record.upstreamLocalAddress || undefined,
  UPSTREAM_TRANSPORT_FAILURE_REASON: record => record.transportFailure || undefined,
  UPSTREAM_REQUEST_ATTEMPT_COUNT: record => record.attempts,
  DOWNSTREAM_REMOTE_ADDRESS: record => hostPort(record.remoteAddress, record.connection.facts.remotePort),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: record => record.remoteAddress,
  DOWNSTREAM_REMOTE_PORT: record => record.connection.facts.remotePort,
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: ({ connection: { facts } }) => hostPort(facts.directAddress, facts.directPort),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: record => record.connection.facts.directAddress,
  DOWNSTREAM_LOCAL_ADDRESS: ({ connection: { facts } }) => hostPort(facts.localAddress, facts.localPort),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: record => record.connection.facts.localAddress,
  DOWNSTREAM_LOCAL_PORT: record => record.connection.facts.localPort,
  DOWNSTREAM_TRANSPORT_FAILURE_REASON: () => undefined,
  REQUESTED_SERVER_NAME: record => record.connection.facts.serverName || undefined,
  CONNECTION_ID: record => record.connection.id,
  ROUTE_NAME: record => record.route || undefined,
  VIRTUAL_HOST_NAME: record => record.virtualHost || undefined,
  GRPC_STATUS_NUMBER: grpcStatusOf,
  DOWNSTREAM_PEER_SUBJECT: record => record.connection.peer?.subject || undefined,
  DOWNSTREAM_PEER_URI_SAN: record => record.connection.peer?.uriSans.join(',') || undefined,
  DOWNSTREAM_LOCAL_URI_SAN: record => record.connection.ownUriSans.join(',') || undefined,
  UPSTREAM_PEER_URI_SAN: record => record.host?.principals?.peer,
  UPSTREAM_LOCAL_URI_SAN: record => record.host?.principals?.own,
  // mizzen's own: what broke, whose fault it is and what to change, in one sentence; nothing of requests that went well.
  MIZZEN_DIAGNOSIS: record => diagnosisOf(record)?.sentence,
  MIZZEN_CULPRIT: record => diagnosisOf(record)?.culprit,
  HOSTNAME: () => host,
  TRACE_ID: record => record.trace?.traceId,
  SPAN_ID: record => record.trace?.spanId,
}

const WITH_ARGUMENT: Readonly<Record<string, (argument: string) => Operator>> = {
  REQ: requestHeader,
  REQUEST_HEADER: requestHeader,
  RESP: argument => header(argument, record => record.responseHeaders),
  RESPONSE_HEADER: argument => header(argument, record => record.responseHeaders),
  TRAILER: argument => header(argument, record => record.responseTrailers),
  RESPONSE_TRAILER: argument => header(argument, record => record.responseTrailers),
  REQ_WITHOUT_QUERY: argument => {
    const read = requestHeader(argument)
    return record =>
      read(record)
        ?.toString()
        .replace(/[?#].*/s, '')
  },
  START_TIME: timeOperator,
  GRPC_STATUS: argument => {
    if (argument === 'NUMBER') return grpcStatusOf
    return record => {
      const status = grpcStatusOf(record)
      if (status === undefined) return undefined
      return (argument === 'SNAKE_STRING' ? GRPC_SNAKE : GRPC_CAMEL)[status] ?? String(status)
    }
  },
  METADATA: metadata,
  CLUSTER_METADATA: argument => metadata(`CLUSTER:${argument}`),
  DYNAMIC_METADATA: dynamicMetadata,
  // There is none in this proxy.
  FILTER_STATE: () => () => undefined,
  UPSTREAM_METADATA: argument => metadata(`UPSTREAM_HOST:${argument}`),
  ENVIRONMENT: argument => {
    const value = process.env[argument]
    return () => value
  },
}

/** "envoy.filters.http.rbac:key:key"; a value that is no text is written as JSON. */
function dynamicMetadata(argument: string): Operator {
  const [filter = '', ...path] = argument.split(':')
  return ({ metadata }) => {
    const value = metadata?.at(filter, path)
    if (value === undefined) return undefined
    return typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value)
  }
}

function timeOperator(argument: string): Operator {
  if (argument !== '') {
    const format = compileTimeFormat(argument)
    return record => format(record.startTime)
  }
  // The default, without making the unchanging part anew for each line.
  let second = -1
  let text = ''
  return ({ startTime }) => {
    const whole = Math.floor(startTime / 1000)
    if (whole !== second) {
      second = whole
      text = new Date(whole * 1000).toISOString().slice(0, 20)
    }
    return `${text}${String(startTime - whole * 1000).padStart(3, '0')}Z`
  }
}

function requestHeader(argument: string): Operator {
  const [first = '', second] = argument.toLowerCase().split('?')
  const read = requestField(first)
  if (second === undefined) return read
  const otherwise = requestField(second)
  return record => read(record) ?? otherwise(record)
}

function requestField(name: string): Operator {
  switch (name) {
    case ':method':
      return record => record.request?.method
    case ':path':
      return record => record.request?.path || undefined
    case ':authority':
    case 'host':
      return record => record.request?.authority || undefined
    case ':scheme':
      return record => record.request?.scheme
    case 'upgrade':
      return record => record.request?.upgrade
    case 'x-envoy-original-path':
      // Known here also where headers are suppressed.
      return ({ request, originalPath }) =>
        request?.headers.get(name) ?? (request && request.path !== originalPath ? originalPath : undefined)
    default:
      return record => record.request?.headers.get(name)
  }
}

function header(argument: string, of: (record: DecisionRecord) => Headers | undefined): Operator {
  const [first = '', second] = argument.toLowerCase().split('?')
  return record => of(record)?.get(first) ?? (second === undefined ? undefined : of(record)?.get(second))
}

/** METADATA(CLUSTER:namespace:key) and METADATA(ROUTE:mizzen.dev:origin). */
function metadata(argument: string): Operator {
  const [kind, namespace = '', ...path] = argument.split(':')
  if (kind === 'ROUTE' && namespace === 'mizzen.dev') {
    const [key] = path
    return ({ origin }) =>
      key === 'file' ? origin?.file : key === 'line' ? origin?.line : key === 'rule' ? origin?.rule : origin?.origin
  }
  return record => {
    const of = kind === 'CLUSTER' ? record.cluster?.metadata : kind === 'UPSTREAM_HOST' ? record.host?.metadata : undefined
    let value: unknown = of?.[namespace]
    for (const key of path) value = isRecord(value) ? value[key] : undefined
    return typeof value === 'string' || typeof value === 'number'
      ? value
      : value === undefined
        ? undefined
        : JSON.stringify(value)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

const GRPC_CAMEL = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]
const GRPC_SNAKE = GRPC_CAMEL.map(name =>
  name === 'OK' ? name : name === 'Canceled' ? 'CANCELLED' : name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(),
)

function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

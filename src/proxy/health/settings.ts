/**
 * What active health checks go by (envoy.config.core.v3.HealthCheck), read whole and checked, with Envoy's defaults. Read with every
 * cluster that has some; what carries the checks out is loaded only then.
 */
import { RequestMethod } from '../../xds/gen/envoy/config/core/v3/base.ts'
import type {
  HealthCheck_GrpcHealthCheck as GrpcCheck,
  HealthCheck,
  HealthCheck_HttpHealthCheck as HttpCheck,
  HealthCheck_TcpHealthCheck as TcpCheck,
} from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import { CodecClientType } from '../../xds/gen/envoy/type/v3/http.ts'
import type { Int64Range } from '../../xds/gen/envoy/type/v3/range.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { compileStringMatcher, type TextTest } from '../route/string-match.ts'
import { fixedHeaders, type HeaderField } from './fixed-headers.ts'
import { payload } from './payload.ts'

/** Milliseconds from the end of one check to the begin of the next; which one applies says `HostHealth`. */
export interface CheckIntervals {
  readonly normal: number
  readonly unhealthy: number
  /** While the threshold for a change is not reached yet. */
  readonly healthyEdge: number
  readonly unhealthyEdge: number
  /** Until the cluster has had its first connection. */
  readonly noTraffic: number
  readonly noTrafficHealthy: number
}

export interface HealthSettings {
  readonly timeoutMs: number
  readonly intervals: CheckIntervals
  /** The first check waits for up to so many milliseconds. */
  readonly initialJitterMs: number
  /** Added to each interval: up to so many milliseconds, and up to so many percent of it. */
  readonly jitterMs: number
  readonly jitterPercent: number
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
  /** Connections serve more than one check. */
  readonly reuse: boolean
  /** Selects among the cluster's transport_socket_matches in place of the endpoint's metadata. */
  readonly socketCriteria: Readonly<Record<string, unknown>> | undefined
  readonly checker: CheckerSettings
}

export type CheckerSettings =
  | ({ readonly kind: 'http' } & HttpCheckSettings)
  | ({ readonly kind: 'grpc' } & GrpcCheckSettings)
  | ({ readonly kind: 'tcp' } & TcpCheckSettings)

export interface HttpCheckSettings {
  readonly http2: boolean
  readonly method: string
  readonly host: string
  readonly path: string
  readonly add: readonly HeaderField[]
  readonly remove: readonly string[]
  readonly expected: StatusTest
  /** Failures that count towards the threshold; others make the host unhealthy at once. */
  readonly retriable: StatusTest
  /** Parts of the body, in this order. */
  readonly receive: readonly Buffer[]
  /** Bytes of the body that are looked at; 0: all. */
  readonly bodyLimit: number
  /** What x-envoy-upstream-healthchecked-cluster must say; undefined: anything. */
  readonly service: TextTest | undefined
}

export interface GrpcCheckSettings {
  readonly service: string
  readonly authority: string
  readonly metadata: readonly HeaderField[]
}

export interface TcpCheckSettings {
  readonly send: Buffer
  /** Parts of the answer, in this order; none: a connection is enough. */
  readonly receive: readonly Buffer[]
}

export type StatusTest = (status: number) => boolean

/**
 * @param http2 whether the cluster speaks HTTP/2, which gRPC needs
 * @returns undefined when there is none
 * @throws on what cannot be honoured, with the reason: becomes a NACK
 */
export function readHealthChecks(messages: readonly HealthCheck[], cluster: string, http2: boolean): HealthSettings | undefined {
  const [message] = messages
  if (!message) return undefined
  if (messages.length > 1) throw new Error(`health_checks has ${messages.length} entries, expected at most one`)
  refuseUnsupported(message)
  const normal = positive('interval', durationMs(message.interval))
  const unhealthy = durationMs(message.unhealthyInterval) ?? normal
  const noTraffic = durationMs(message.noTrafficInterval) ?? 60_000
  return {
    timeoutMs: positive('timeout', durationMs(message.timeout)),
    intervals: {
      normal,
      unhealthy,
      healthyEdge: durationMs(message.healthyEdgeInterval) ?? normal,
      unhealthyEdge: durationMs(message.unhealthyEdgeInterval) ?? unhealthy,
      noTraffic,
      noTrafficHealthy: durationMs(message.noTrafficHealthyInterval) ?? noTraffic,
    },
    initialJitterMs: durationMs(message.initialJitter) ?? 0,
    jitterMs: durationMs(message.intervalJitter) ?? 0,
    jitterPercent: message.intervalJitterPercent,
    healthyThreshold: required('healthy_threshold', message.healthyThreshold),
    unhealthyThreshold: required('unhealthy_threshold', message.unhealthyThreshold),
    reuse: message.reuseConnection ?? true,
    socketCriteria: message.transportSocketMatchCriteria,
    checker: readChecker(message.healthChecker, cluster, http2),
  }
}

function refuseUnsupported(message: HealthCheck): void {
  if (message.eventLogPath !== '' || message.eventLogger.length > 0)
    throw new Error('health check event logs (event_log_path, event_logger) are not supported')
  if (message.tlsOptions?.alpnProtocols.length)
    throw new Error('health check tls_options.alpn_protocols is not supported, expected the ALPN of the checked protocol')
}

function readChecker(choice: HealthCheck['healthChecker'], cluster: string, http2: boolean): CheckerSettings {
  switch (choice?.$case) {
    case 'httpHealthCheck':
      return { kind: 'http', ...readHttp(choice.value, cluster) }
    case 'grpcHealthCheck':
      if (!http2) throw new Error('a gRPC health check needs HTTP/2, expected http2_protocol_options in the cluster')
      return { kind: 'grpc', ...readGrpc(choice.value, cluster) }
    case 'tcpHealthCheck':
      return { kind: 'tcp', ...readTcp(choice.value) }
    case 'customHealthCheck':
      throw new Error(`health check "${choice.value.name}" is not supported, expected http, tcp or grpc`)
    case undefined:
      throw new Error(
        'a health check does not say how to check, expected http_health_check, tcp_health_check or grpc_health_check',
      )
  }
}

function readHttp(message: HttpCheck, cluster: string): HttpCheckSettings {
  if (message.codecClientType === CodecClientType.HTTP3) throw new Error('health checks over HTTP/3 are not supported')
  if (!message.path.startsWith('/') || /[\0\r\n ]/.test(message.path))
    throw new Error(`malformed health check path "${message.path}", expected one that begins with "/"`)
  if (message.method === RequestMethod.CONNECT) throw new Error('health check method CONNECT is not allowed')
  const expected = ranges('expected_statuses', message.expectedStatuses)
  return {
    http2: message.codecClientType === CodecClientType.HTTP2,
    method: METHODS[message.method] ?? 'GET',
    host: message.host || cluster,
    path: message.path,
    add: fixedHeaders('request_headers_to_add', message.requestHeadersToAdd),
    remove: message.requestHeadersToRemove.map(name => name.toLowerCase()),
    expected: message.expectedStatuses.length === 0 ? status => status === 200 : expected,
    retriable: ranges('retriable_statuses', message.retriableStatuses),
    receive: message.receive.map(payload),
    bodyLimit: message.responseBufferSize ?? 1024,
    service: message.serviceNameMatcher && compileStringMatcher(message.serviceNameMatcher),
  }
}

const METHODS: Readonly<Record<number, string>> = {
  [RequestMethod.GET]: 'GET',
  [RequestMethod.HEAD]: 'HEAD',
  [RequestMethod.POST]: 'POST',
  [RequestMethod.PUT]: 'PUT',
  [RequestMethod.DELETE]: 'DELETE',
  [RequestMethod.OPTIONS]: 'OPTIONS',
  [RequestMethod.TRACE]: 'TRACE',
  [RequestMethod.PATCH]: 'PATCH',
}

function readGrpc(message: GrpcCheck, cluster: string): GrpcCheckSettings {
  return {
    service: message.serviceName,
    authority: message.authority || cluster,
    metadata: fixedHeaders('initial_metadata', message.initialMetadata),
  }
}

function readTcp(message: TcpCheck): TcpCheckSettings {
  if (message.proxyProtocolConfig) throw new Error('tcp_health_check.proxy_protocol_config is not supported')
  return { send: message.send ? payload(message.send) : Buffer.alloc(0), receive: message.receive.map(payload) }
}

function ranges(field: string, list: readonly Int64Range[]): StatusTest {
  for (const { start, end } of list)
    if (start >= end || start < 100 || end > 600)
      throw new Error(`malformed ${field} "${start} to ${end}", expected a start from 100 and an end above it, at most 600`)
  return status => list.some(({ start, end }) => status >= start && status < end)
}

function positive(field: string, ms: number | undefined): number {
  if (ms === undefined || ms <= 0) throw new Error(`a health check's ${field} is ${ms ?? 'missing'}, expected more than 0`)
  return ms
}

function required(field: string, value: number | undefined): number {
  if (value === undefined) throw new Error(`a health check has no ${field}, expected a number`)
  return value
}

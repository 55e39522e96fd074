/**
 * Log entries as Envoy's access log service has them (envoy.data.accesslog.v3). Loaded when a configuration asks for such logs: the messages take memory
 * that other sidecars need not pay for.
 */

import { fromByteText } from '../../../lib/byte-text.ts'
import { Address, SocketAddress } from '../../../xds/gen/envoy/config/core/v3/address.ts'
import { Metadata, RequestMethod } from '../../../xds/gen/envoy/config/core/v3/base.ts'
import {
  AccessLogCommon,
  AccessLogType,
  HTTPAccessLogEntry,
  HTTPAccessLogEntry_HTTPVersion as HttpVersion,
  ResponseFlags,
  TCPAccessLogEntry,
  TLSProperties,
} from '../../../xds/gen/envoy/data/accesslog/v3/accesslog.ts'
import type { Duration } from '../../../xds/gen/google/protobuf/duration.ts'
import type { Headers } from '../../http/headers.ts'
import type { DecisionRecord } from '../decision-record.ts'
import { Flag } from '../response-flags.ts'

/** Names of further headers that an entry carries, in lower case. */
export interface LoggedHeaders {
  readonly request: readonly string[]
  readonly response: readonly string[]
  readonly trailers: readonly string[]
}

export function httpEntry(record: DecisionRecord, names: LoggedHeaders): HTTPAccessLogEntry {
  const { request, responseHeaders, responseTrailers } = record
  const header = (name: string) => fromByteText(request?.headers.get(name) ?? '')
  return HTTPAccessLogEntry.fromPartial({
    commonProperties: commonOf(record, AccessLogType.DownstreamEnd),
    protocolVersion: VERSIONS[request?.protocol ?? ''] ?? HttpVersion.PROTOCOL_UNSPECIFIED,
    request: {
      requestMethod: METHODS.get(request?.method ?? '') ?? RequestMethod.METHOD_UNSPECIFIED,
      scheme: request?.scheme ?? '',
      authority: fromByteText(request?.authority ?? ''),
      path: fromByteText(request?.path ?? ''),
      originalPath: request !== undefined && request.path !== record.originalPath ? fromByteText(record.originalPath) : '',
      userAgent: header('user-agent'),
      referer: header('referer'),
      forwardedFor: header('x-forwarded-for'),
      requestId: header('x-request-id'),
      requestHeadersBytes: request?.headers.byteLength ?? 0,
      requestBodyBytes: record.bytesReceived,
      requestHeaders: chosen(request?.headers, names.request),
    },
    response: {
      responseCode: record.status,
      responseHeadersBytes: responseHeaders?.byteLength ?? 0,
      responseBodyBytes: record.bytesSent,
      responseHeaders: chosen(responseHeaders, names.response),
      responseTrailers: chosen(responseTrailers, names.trailers),
      responseCodeDetails: record.details,
    },
  })
}

export function tcpEntry(record: DecisionRecord): TCPAccessLogEntry {
  return TCPAccessLogEntry.fromPartial({
    commonProperties: commonOf(record, AccessLogType.TcpConnectionEnd),
    connectionProperties: { receivedBytes: record.bytesReceived, sentBytes: record.bytesSent },
  })
}

const VERSIONS: Readonly<Record<string, HttpVersion>> = {
  'HTTP/1.0': HttpVersion.HTTP10,
  'HTTP/1.1': HttpVersion.HTTP11,
  'HTTP/2': HttpVersion.HTTP2,
}
const METHODS: ReadonlyMap<string, RequestMethod> = new Map(
  Object.entries(RequestMethod).filter(entry => entry[1] !== RequestMethod.METHOD_UNSPECIFIED),
)

function chosen(headers: Headers | undefined, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of names) {
    const value = headers?.get(name)
    if (value !== undefined) found[name] = fromByteText(value)
  }
  return found
}

function commonOf(record: DecisionRecord, accessLogType: AccessLogType): AccessLogCommon {
  const { connection, host, metadata } = record
  const { facts } = connection
  const since = (at: number) => (at === 0 ? undefined : duration(at - record.startedAt))
  return AccessLogCommon.fromPartial({
    accessLogType,
    downstreamRemoteAddress: address(record.remoteAddress, facts.remotePort),
    downstreamDirectRemoteAddress: address(facts.directAddress, facts.directPort),
    downstreamLocalAddress: address(facts.localAddress, facts.localPort),
    tlsProperties: tlsOf(record),
    startTime: { seconds: Math.floor(record.startTime / 1000), nanos: (record.startTime % 1000) * 1_000_000 },
    duration: since(record.endedAt),
    timeToLastRxByte: since(record.requestEndedAt),
    timeToFirstUpstreamTxByte: since(record.upstreamStartedAt),
    timeToFirstUpstreamRxByte: since(record.upstreamFirstByteAt),
    timeToLastUpstreamRxByte: since(record.upstreamEndedAt),
    timeToFirstDownstreamTxByte: since(record.responseStartedAt),
    timeToLastDownstreamTxByte: since(record.endedAt),
    upstreamRemoteAddress: host && address(host.ip, host.port),
    upstreamLocalAddress: localAddress(record.upstreamLocalAddress),
    upstreamCluster: host === undefined ? '' : (record.cluster?.name ?? ''),
    upstreamTransportFailureReason: record.transportFailure,
    upstreamRequestAttemptCount: record.attempts,
    routeName: record.route,
    responseFlags: flagsOf(record.flags),
    metadata: metadata && Metadata.fromPartial({ filterMetadata: metadata.toObject() }),
    streamId: record.request?.headers.get('x-request-id') ?? '',
  })
}

function tlsOf({ connection }: DecisionRecord): TLSProperties | undefined {
  const { secure, peer, ownUriSans, facts } = connection
  if (!secure) return undefined
  const uri = (value: string) => ({ san: { $case: 'uri' as const, value } })
  return TLSProperties.fromPartial({
    tlsSniHostname: facts.serverName,
    localCertificateProperties: { subjectAltName: ownUriSans.map(uri) },
    peerCertificateProperties: peer && {
      subjectAltName: [...peer.uriSans.map(uri), ...peer.dnsSans.map(value => ({ san: { $case: 'dns' as const, value } }))],
      subject: peer.subject,
      issuer: peer.issuer,
    },
  })
}

/** Envoy's flags and their fields. */
const FLAGS: Readonly<Record<string, keyof ResponseFlags>> = {
  [Flag.NoHealthyUpstream]: 'noHealthyUpstream',
  [Flag.UpstreamRequestTimeout]: 'upstreamRequestTimeout',
  [Flag.LocalReset]: 'localReset',
  [Flag.UpstreamRemoteReset]: 'upstreamRemoteReset',
  [Flag.UpstreamConnectionFailure]: 'upstreamConnectionFailure',
  [Flag.UpstreamConnectionTermination]: 'upstreamConnectionTermination',
  [Flag.UpstreamOverflow]: 'upstreamOverflow',
  [Flag.NoRouteFound]: 'noRouteFound',
  [Flag.DelayInjected]: 'delayInjected',
  [Flag.FaultInjected]: 'faultInjected',
  [Flag.RateLimited]: 'rateLimited',
  [Flag.RateLimitServiceError]: 'rateLimitServiceError',
  [Flag.DownstreamConnectionTermination]: 'downstreamConnectionTermination',
  [Flag.UpstreamRetryLimitExceeded]: 'upstreamRetryLimitExceeded',
  [Flag.StreamIdleTimeout]: 'streamIdleTimeout',
  [Flag.DownstreamProtocolError]: 'downstreamProtocolError',
  [Flag.UpstreamProtocolError]: 'upstreamProtocolError',
  [Flag.NoClusterFound]: 'noClusterFound',
  [Flag.DurationTimeout]: 'durationTimeout',
  [Flag.DownstreamRemoteReset]: 'downstreamRemoteReset',
}

function flagsOf(flags: string): ResponseFlags | undefined {
  if (flags === '') return undefined
  const set = flags.split(',')
  const known = set.flatMap(flag => (FLAGS[flag] === undefined ? [] : [[FLAGS[flag], true] as const]))
  return ResponseFlags.fromPartial({
    ...Object.fromEntries(known),
    ...(set.includes(Flag.UnauthorizedExternalService) && { unauthorizedDetails: { reason: 1 } }),
  })
}

function address(ip: string, port: number): Address {
  const socket = SocketAddress.fromPartial({ address: ip, portSpecifier: { $case: 'portValue', value: port } })
  return Address.fromPartial({ address: { $case: 'socketAddress', value: socket } })
}

/** "10.0.0.1:4000"; IPv6 addresses stand there without brackets. */
function localAddress(text: string): Address | undefined {
  const at = text.lastIndexOf(':')
  return at < 0 ? undefined : address(text.slice(0, at), Number(text.slice(at + 1)))
}

function duration(ms: number): Duration {
  const whole = Math.max(0, ms)
  const seconds = Math.floor(whole / 1000)
  return { seconds, nanos: Math.round((whole - seconds * 1000) * 1_000_000) }
}

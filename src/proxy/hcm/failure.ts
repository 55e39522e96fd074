/**
 * Every way in which the proxy itself ends a request: status, response flag, details, body, who is to blame and what to do about it. One table,
 * so that logs, statistics and `explain` speak of the same things as Envoy does.
 */
import type { ResetReason } from '../http/stream.ts'
import { Flag, type ResponseFlag } from '../telemetry/response-flags.ts'

export type Culprit = 'client' | 'upstream' | 'policy' | 'mesh'

export interface Failure {
  readonly status: number
  /** Empty: none. */
  readonly flag: ResponseFlag | ''
  /** Envoy's %RESPONSE_CODE_DETAILS%. */
  readonly details: string
  readonly body: string
  readonly culprit: Culprit
  readonly advice: string
}

export const FAILURES = {
  noRoute: failure(
    404,
    Flag.NoRouteFound,
    'route_not_found',
    '',
    'mesh',
    'Add a route or a virtual host for this authority and path',
  ),
  clusterNotFound: failure(
    503,
    Flag.NoClusterFound,
    'cluster_not_found',
    '',
    'mesh',
    'The route names a cluster that does not exist',
  ),
  noHealthyUpstream: failure(
    503,
    Flag.NoHealthyUpstream,
    'no_healthy_upstream',
    'no healthy upstream',
    'upstream',
    'Start an endpoint of the service, or look why all of them are unready, ejected or outside the subset',
  ),
  upstreamTimeout: failure(
    504,
    Flag.UpstreamRequestTimeout,
    'response_timeout',
    'upstream request timeout',
    'upstream',
    'The route timeout passed before the response came',
  ),
  perTryTimeout: failure(
    504,
    Flag.UpstreamRequestTimeout,
    'upstream_per_try_timeout',
    'upstream request timeout',
    'upstream',
    'The timeout of the last try passed before the response came',
  ),
  perTryIdle: failure(
    504,
    Flag.UpstreamRequestTimeout,
    'upstream_per_try_idle_timeout',
    'upstream request timeout',
    'upstream',
    'The upstream was silent for longer than one try may be',
  ),
  requestTimeout: failure(
    408,
    '',
    'request_overall_timeout',
    'request timeout',
    'client',
    'The client took too long to send its request',
  ),
  headerTimeout: failure(
    408,
    '',
    'request_header_timeout',
    'request header timeout',
    'client',
    'The client took too long to send the head of its request',
  ),
  streamIdle: failure(
    408,
    Flag.StreamIdleTimeout,
    'stream_idle_timeout',
    'stream timeout',
    'client',
    'No byte moved in either direction for the stream idle timeout',
  ),
  maxStreamDuration: failure(
    408,
    Flag.DurationTimeout,
    'max_duration_timeout',
    'downstream duration timeout',
    'policy',
    'The stream lived longer than the connection manager allows',
  ),
  upgradeRefused: failure(403, '', 'upgrade_failed', '', 'policy', 'Neither the listener nor the route allows this upgrade'),
  missingHost: failure(400, '', 'missing_host_header', '', 'client', 'Send a Host header'),
  missingPath: failure(404, '', 'missing_path_rejected', '', 'client', 'Send a request target'),
  absolutePath: failure(404, '', 'absolute_path_rejected', '', 'client', 'Send a path that begins with "/"'),
  badPath: failure(400, '', 'path_normalization_failed', '', 'client', 'Send a path that can be normalized'),
  oldHttp: failure(426, '', 'low_version', 'Upgrade Required', 'client', 'Use HTTP/1.1, or let the listener accept HTTP/1.0'),
} as const satisfies Record<string, Failure>

/** How Envoy tells a reset upstream stream: status, flag and the words for it. */
const RESETS: Readonly<Record<ResetReason, readonly [status: number, flag: ResponseFlag, words: string, culprit: Culprit]>> = {
  'connect-failure': [503, Flag.UpstreamConnectionFailure, 'remote connection failure', 'upstream'],
  'connect-timeout': [503, Flag.UpstreamConnectionFailure, 'connection timeout', 'upstream'],
  'connection-closed': [503, Flag.UpstreamConnectionTermination, 'connection termination', 'upstream'],
  'remote-reset': [503, Flag.UpstreamRemoteReset, 'remote reset', 'upstream'],
  'refused-stream': [503, Flag.UpstreamRemoteReset, 'remote refused stream reset', 'upstream'],
  'protocol-error': [502, Flag.UpstreamProtocolError, 'protocol error', 'upstream'],
  'local-reset': [503, Flag.LocalReset, 'local reset', 'mesh'],
  overflow: [503, Flag.UpstreamOverflow, 'overflow', 'policy'],
  'idle-timeout': [503, Flag.LocalReset, 'local reset', 'mesh'],
}

/**
 * The upstream ended the stream before its response began.
 * @param transportFailure why no connection was made ("delayed connect error: Connection refused"), for the log only; empty when one was
 */
export function upstreamReset(reason: ResetReason, retried: boolean, transportFailure: string): Failure {
  const [status, flag, words, culprit] = RESETS[reason]
  const details = `upstream_reset_before_response_started{${words}${transportFailure === '' ? '' : `|${transportFailure}`}}`
  const again = retried ? 'retried and the latest reset reason' : 'reset reason'
  return {
    status,
    flag,
    details: details.replaceAll(' ', '_'),
    body: `upstream connect error or disconnect/reset before headers. ${again}: ${words}`,
    culprit,
    advice: 'Look at the upstream: it could not be reached, or it closed the connection before it answered',
  }
}

export function resetFlag(reason: ResetReason): ResponseFlag {
  return RESETS[reason][1]
}

function failure(
  status: number,
  flag: ResponseFlag | '',
  details: string,
  body: string,
  culprit: Culprit,
  advice: string,
): Failure {
  return { status, flag, details, body, culprit, advice }
}

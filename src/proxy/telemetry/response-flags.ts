/**
 * Envoy's response flags: in two letters, why a request or a connection did not go as usual (%RESPONSE_FLAGS%).
 */
export const Flag = {
  NoHealthyUpstream: 'UH',
  UpstreamRequestTimeout: 'UT',
  LocalReset: 'LR',
  UpstreamRemoteReset: 'UR',
  UpstreamConnectionFailure: 'UF',
  UpstreamConnectionTermination: 'UC',
  UpstreamOverflow: 'UO',
  NoRouteFound: 'NR',
  DelayInjected: 'DI',
  FaultInjected: 'FI',
  UnauthorizedExternalService: 'UAEX',
  RateLimited: 'RL',
  RateLimitServiceError: 'RLSE',
  DownstreamConnectionTermination: 'DC',
  UpstreamRetryLimitExceeded: 'URX',
  StreamIdleTimeout: 'SI',
  DownstreamProtocolError: 'DPE',
  UpstreamProtocolError: 'UPE',
  NoClusterFound: 'NC',
  DurationTimeout: 'DT',
  DownstreamRemoteReset: 'DR',
} as const

export type ResponseFlag = (typeof Flag)[keyof typeof Flag]

const LONG_NAMES = new Map<string, string>(Object.entries(Flag).map(([long, short]) => [short, long]))

/** "UF,URX" -> "UpstreamConnectionFailure,UpstreamRetryLimitExceeded" */
export function longFlags(short: string): string {
  return short
    .split(',')
    .map(flag => LONG_NAMES.get(flag) ?? flag)
    .join(',')
}

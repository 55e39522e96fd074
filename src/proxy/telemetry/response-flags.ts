/**
 * Envoy's response flags: in two letters, why a request or a connection did not go as usual (%RESPONSE_FLAGS%). A set of them is one number.
 */
export const Flag = {
  None: 0,
  NoHealthyUpstream: 1 << 0,
  UpstreamRequestTimeout: 1 << 1,
  LocalReset: 1 << 2,
  UpstreamRemoteReset: 1 << 3,
  UpstreamConnectionFailure: 1 << 4,
  UpstreamConnectionTermination: 1 << 5,
  UpstreamOverflow: 1 << 6,
  NoRouteFound: 1 << 7,
  DelayInjected: 1 << 8,
  FaultInjected: 1 << 9,
  DownstreamConnectionTermination: 1 << 10,
  UpstreamRetryLimitExceeded: 1 << 11,
  StreamIdleTimeout: 1 << 12,
  DownstreamProtocolError: 1 << 13,
  UpstreamMaxStreamDurationReached: 1 << 14,
  UpstreamProtocolError: 1 << 15,
  NoClusterFound: 1 << 16,
  DurationTimeout: 1 << 17,
  DnsResolutionFailed: 1 << 18,
  DownstreamRemoteReset: 1 << 19,
} as const

/** In Envoy's order of printing. */
const NAMES: readonly (readonly [flag: number, short: string, long: string])[] = [
  [Flag.NoHealthyUpstream, 'UH', 'NoHealthyUpstream'],
  [Flag.UpstreamRequestTimeout, 'UT', 'UpstreamRequestTimeout'],
  [Flag.LocalReset, 'LR', 'LocalReset'],
  [Flag.UpstreamRemoteReset, 'UR', 'UpstreamRemoteReset'],
  [Flag.UpstreamConnectionFailure, 'UF', 'UpstreamConnectionFailure'],
  [Flag.UpstreamConnectionTermination, 'UC', 'UpstreamConnectionTermination'],
  [Flag.UpstreamOverflow, 'UO', 'UpstreamOverflow'],
  [Flag.NoRouteFound, 'NR', 'NoRouteFound'],
  [Flag.DelayInjected, 'DI', 'DelayInjected'],
  [Flag.FaultInjected, 'FI', 'FaultInjected'],
  [Flag.DownstreamConnectionTermination, 'DC', 'DownstreamConnectionTermination'],
  [Flag.UpstreamRetryLimitExceeded, 'URX', 'UpstreamRetryLimitExceeded'],
  [Flag.StreamIdleTimeout, 'SI', 'StreamIdleTimeout'],
  [Flag.DownstreamProtocolError, 'DPE', 'DownstreamProtocolError'],
  [Flag.UpstreamMaxStreamDurationReached, 'UMSDR', 'UpstreamMaxStreamDurationReached'],
  [Flag.UpstreamProtocolError, 'UPE', 'UpstreamProtocolError'],
  [Flag.NoClusterFound, 'NC', 'NoClusterFound'],
  [Flag.DurationTimeout, 'DT', 'DurationTimeout'],
  [Flag.DnsResolutionFailed, 'DF', 'DnsResolutionFailed'],
  [Flag.DownstreamRemoteReset, 'DR', 'DownstreamRemoteReset'],
]

/** "UF,URX", or "-" for none. */
export function shortFlags(flags: number): string {
  return flags === 0 ? '-' : join(flags, 1)
}

/** "UpstreamConnectionFailure,UpstreamRetryLimitExceeded", or "-" for none. */
export function longFlags(flags: number): string {
  return flags === 0 ? '-' : join(flags, 2)
}

/** The flag of a short name, for the access log's response_flag_filter. */
export function flagOf(short: string): number | undefined {
  return NAMES.find(([, name]) => name === short)?.[0]
}

function join(flags: number, column: 1 | 2): string {
  return NAMES.filter(([flag]) => (flags & flag) !== 0)
    .map(names => names[column])
    .join(',')
}

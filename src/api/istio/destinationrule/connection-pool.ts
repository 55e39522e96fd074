/** Connection pool and outlier detection settings, which DestinationRule and Sidecar share. In the integers 0 means unset. */
import { type Static, Type } from 'typebox'
import { described, duration, durationOrZero, int32, message, uint32 } from '../../schema/message.ts'

export const TcpKeepalive = message({
  probes: uint32({ description: "probes without answer until the connection is dead; default: the system's" }),
  time: durationOrZero({ description: 'silence before the first probe' }),
  interval: durationOrZero({ description: 'time between probes' }),
})

const TCPSettings = message({
  maxConnections: int32({ description: 'default 2^32 - 1' }),
  connectTimeout: duration({ default: '10s' }),
  tcpKeepalive: described('probes on idle connections; default: the mesh configuration', TcpKeepalive),
  maxConnectionDuration: duration(),
  idleTimeout: durationOrZero({ description: '"0s" turns it off' }),
})

const HTTPSettings = message({
  http1MaxPendingRequests: int32({ description: 'default 2^32 - 1' }),
  http2MaxRequests: int32({ description: 'default 2^32 - 1' }),
  maxRequestsPerConnection: int32({ default: 0, description: '0: no limit' }),
  maxRetries: int32({ description: 'default 2^32 - 1' }),
  idleTimeout: durationOrZero({ description: 'goes before tcp.idleTimeout' }),
  h2UpgradePolicy: Type.Enum(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']),
  useClientProtocol: Type.Boolean(),
  maxConcurrentStreams: int32(),
  http2KeepAlive: message({ interval: duration(), timeout: duration() }),
})

export const ConnectionPoolSettings = message({ tcp: TCPSettings, http: HTTPSettings })
export type ConnectionPoolSettings = Static<typeof ConnectionPoolSettings>

export const OutlierDetection = message({
  consecutiveErrors: int32({ deprecated: true }),
  splitExternalLocalOriginErrors: Type.Boolean(),
  consecutiveLocalOriginFailures: uint32({ default: 5 }),
  consecutiveGatewayErrors: uint32({ description: 'default: off' }),
  consecutive5xxErrors: uint32({ default: 5, description: '0 turns it off' }),
  interval: duration({ default: '10s' }),
  baseEjectionTime: duration({ default: '30s' }),
  maxEjectionPercent: int32({ default: 10 }),
  minHealthPercent: int32({ default: 0 }),
  outlierDetectionHttpErrorCodes: Type.Array(uint32(), { description: 'statuses that count as errors, beside 5xx' }),
})
export type OutlierDetection = Static<typeof OutlierDetection>

/** LoadBalancerSettings of DestinationRule (and of the mesh configuration): algorithm, hashing, locality, warm-up. */
import { type Static, Type } from 'typebox'
import { alternatives, duration, durationOrZero, mapOf, message, uint32 } from '../../schema/message.ts'

const uint64 = () => Type.Integer({ minimum: 0 })

const HTTPCookie = message(
  {
    path: Type.String(),
    ttl: durationOrZero({ description: 'absent: a session cookie that is read but not set' }),
    attributes: Type.Array(message({ value: Type.String() }, { name: Type.String() })),
  },
  { name: Type.String() },
)

const ConsistentHash = message(
  {
    httpHeaderName: Type.String(),
    httpCookie: HTTPCookie,
    useSourceIp: Type.Boolean(),
    httpQueryParameterName: Type.String(),
    ringHash: message({ minimumRingSize: Type.Integer({ minimum: 0, default: 1024 }) }),
    maglev: message({ tableSize: Type.Integer({ minimum: 0, default: 65537 }) }),
    minimumRingSize: Type.Integer({ minimum: 0, deprecated: true }),
  },
  {},
  alternatives(['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'], ['ringHash', 'maglev']),
)
export type ConsistentHash = Static<typeof ConsistentHash>

const Failover = message({ from: Type.String(), to: Type.String() })

export const LocalityLoadBalancerSetting = message({
  distribute: Type.Array(message({ from: Type.String(), to: mapOf(uint32()) })),
  failover: Type.Array(Failover),
  failoverPriority: Type.Array(Type.String()),
  enabled: Type.Boolean(),
})
export type LocalityLoadBalancerSetting = Static<typeof LocalityLoadBalancerSetting>

export const ZoneAwareLoadBalancerSetting = message({
  enabled: Type.Boolean(),
  failover: Type.Array(Failover),
  failoverPriority: Type.Array(Type.String()),
  minClusterSize: uint64(),
})

const Warmup = message(
  { minimumPercent: Type.Number({ default: 10, minimum: 0, maximum: 100 }), aggression: Type.Number({ default: 1, minimum: 1 }) },
  { duration: duration() },
)

export const LoadBalancerSettings = message(
  {
    simple: Type.Enum(['UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST'], {
      default: 'UNSPECIFIED',
      description: 'unspecified is LEAST_REQUEST; LEAST_CONN is its old name',
    }),
    consistentHash: ConsistentHash,
    localityLbSetting: LocalityLoadBalancerSetting,
    zoneAwareLbSetting: ZoneAwareLoadBalancerSetting,
    warmupDurationSecs: durationOrZero({ deprecated: true }),
    warmup: Warmup,
  },
  {},
  alternatives(['simple', 'consistentHash']),
)
export type LoadBalancerSettings = Static<typeof LoadBalancerSettings>

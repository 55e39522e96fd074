/** RateLimit (mizzen.dev): how many requests a service takes, from everybody or from each of its clients. */
import { type Static, Type } from 'typebox'
import { duration, message, uint32 } from '../../schema/message.ts'
import { RequestMatches } from '../conditions.ts'
import { Host, workloadSelector } from '../target.ts'

export const LimitKey = message({
  header: Type.String({
    description: 'requests with the same value of this header count together; without it they are not limited',
  }),
  client: Type.Enum(['Identity', 'Address'], {
    description: 'Identity: the workload that calls, by its certificate. Address: the address it calls from',
  }),
})
export type LimitKey = Static<typeof LimitKey>

/** What one limit says; HTTPProxy and GRPCProxy carry it too. */
export const limitFields = {
  match: RequestMatches,
  per: Type.Array(LimitKey, {
    maxItems: 4,
    description: 'each combination of these has a bucket of its own; none: all requests share one',
  }),
  burst: uint32({ minimum: 1, description: 'requests that may come at once; default: the number in rate' }),
  peak: Type.String({ description: 'what even a burst may not exceed, such as "20/s"; default: no such bound' }),
  scope: Type.Enum(['Local', 'Shared'], {
    default: 'Local',
    description: 'Local: every proxy counts for itself. Shared: all replicas of the service count together',
  }),
  redis: message(
    {},
    { address: Type.String({ description: 'host:port', examples: ['redis.infra:6379'] }) },
    { description: 'where a Shared limit is counted; default: in the control plane' },
  ),
  timeout: duration({ default: '50ms', description: 'how long a Shared limit may take to be asked for' }),
  failureMode: Type.Enum(['Allow', 'Deny'], { default: 'Allow', description: 'when a Shared limit cannot be asked for' }),
  status: Type.Enum([429, 503], { default: 429, description: 'what a limited caller gets' }),
  headers: Type.Boolean({
    default: true,
    description: 'answers carry Retry-After when limited, and X-RateLimit-Limit, -Remaining, -Reset',
  }),
  shadow: Type.Boolean({ default: false, description: 'only count in the statistics whom it would limit' }),
}

export const Limit = message(limitFields, { rate: Type.String({ examples: ['100/s'] }) })
export type Limit = Static<typeof Limit>

export const RateLimitSpec = message(
  {
    host: Host,
    workloadSelector: workloadSelector(
      'instead of a host: the workloads, or gateways, with these labels in the namespace of this object',
    ),
    port: uint32({ description: 'only this port of the service; absent: all of them' }),
    ...limitFields,
  },
  { rate: Type.String({ description: 'the sustained rate: requests per s, m, h or d', examples: ['100/s'] }) },
)
export type RateLimitSpec = Static<typeof RateLimitSpec>

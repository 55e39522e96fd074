/** Retry (mizzen.dev): which failed requests to a service are sent again, how often, and when that stops. */
import { type Static, Type } from 'typebox'
import { duration, message, uint32 } from '../../schema/message.ts'
import { clientSide, Host } from '../target.ts'

export const retryFields = {
  attempts: uint32({ maximum: 100, default: 2, description: 'retries after the first try; 0: none' }),
  on: Type.Array(Type.String(), {
    description: 'conditions (5xx, gateway-error, connect-failure, reset, refused-stream, unavailable ...) and statuses ("503")',
    default: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'gateway-error', 'reset'],
  }),
  perTryTimeout: duration({ description: 'of each attempt; default: only the timeout of the request' }),
  backoff: message({
    base: duration({ default: '25ms', description: 'before the first retry; doubled, with jitter, for each further one' }),
    max: duration({ description: 'the longest wait; default: ten times base' }),
  }),
  idempotentOnly: Type.Boolean({
    default: true,
    description: 'only GET, HEAD, OPTIONS, TRACE, PUT, DELETE, and requests with an Idempotency-Key',
  }),
}

export const RetryPolicy = message(retryFields)
export type RetryPolicy = Static<typeof RetryPolicy>

const { subset: _, port: __, ...clients } = clientSide

export const RetrySpec = message(
  {
    ...clients,
    route: Type.String({ description: 'only the route of this name, of the VirtualService or HTTPProxy for the host' }),
    ...retryFields,
    budget: message(
      {
        minConcurrency: uint32({ default: 3, description: 'retries under way that are always allowed' }),
      },
      { percent: Type.Number({ minimum: 0, maximum: 100, description: 'of the requests under way, that may be retries' }) },
    ),
  },
  { host: Host },
)
export type RetrySpec = Static<typeof RetrySpec>

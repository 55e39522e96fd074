/** CircuitBreaker (mizzen.dev): how much may be on its way to a service at once, and when an endpoint is left alone for a while. */
import { type Static, Type } from 'typebox'
import { duration, message, uint32 } from '../../schema/message.ts'
import { clientSide, Host } from '../target.ts'

const percent = (options: object) => Type.Number({ minimum: 0, maximum: 100, ...options })

export const breakerFields = {
  maxConnections: uint32({ minimum: 1, description: 'connections of one client proxy to the service' }),
  maxPendingRequests: uint32({ minimum: 1, description: 'requests that wait for a connection' }),
  maxRequests: uint32({ minimum: 1, description: 'requests under way' }),
  maxRetries: uint32({ minimum: 1, description: 'retries under way' }),
  consecutiveErrors: uint32({
    default: 5,
    description: 'answers of 5xx in a row, or failed connections, after which an endpoint is left out; 0: never',
  }),
  consecutiveGatewayErrors: uint32({ description: 'the same for 502, 503 and 504 alone; absent or 0: never' }),
  successRate: message(
    {
      minimumRequests: uint32({ minimum: 1, default: 50, description: 'requests an endpoint must have had in the interval' }),
      minimumEndpoints: uint32({ minimum: 1, default: 1, description: 'endpoints that must have had so many' }),
    },
    { below: percent({ description: 'percent of successes, below which an endpoint is left out' }) },
  ),
  interval: duration({ default: '10s', description: 'how often success rates are looked at and endpoints are let in again' }),
  halfOpen: message({
    after: duration({ default: '30s', description: 'how long an endpoint is left out; each further time so much longer' }),
    maxAfter: duration({ default: '300s', description: 'the longest it is left out' }),
    byHealthCheck: Type.Boolean({ default: true, description: 'a passed HealthCheck lets it in earlier' }),
  }),
  maxEjectionPercent: percent({ default: 50, description: 'of the endpoints, that may be left out at one time' }),
}

export const Breaker = message(breakerFields)
export type Breaker = Static<typeof Breaker>

export const CircuitBreakerSpec = message({ ...clientSide, ...breakerFields }, { host: Host })
export type CircuitBreakerSpec = Static<typeof CircuitBreakerSpec>

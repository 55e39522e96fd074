/** LoadBalancingRule (mizzen.dev): which endpoint of a service gets a request. */
import { type Static, Type } from 'typebox'
import { duration, mapOf, message, uint32 } from '../../schema/message.ts'
import { clientSide, Host } from '../target.ts'

export const balancingFields = {
  algorithm: Type.Enum(['LeastRequest', 'RoundRobin', 'Random', 'RingHash', 'Maglev'], {
    default: 'LeastRequest',
    description: 'RingHash and Maglev need stickiness, which is RingHash unless something else is said',
  }),
  stickiness: message(
    {
      header: Type.String({ description: 'requests with the same value of this header go to the same endpoint' }),
      queryParam: Type.String({ description: 'the same, by a parameter of the query' }),
      sourceIP: Type.Boolean({ description: 'the same, by the address of the client' }),
      cookie: message(
        {
          path: Type.String({ default: '/' }),
          ttl: duration({ description: 'absent: the cookie is read, but not set where there is none' }),
        },
        { name: Type.String() },
      ),
    },
    {},
    { description: 'exactly one of these' },
  ),
  locality: message({
    enabled: Type.Boolean({ default: true, description: 'near endpoints before far ones' }),
    failover: Type.Array(message({}, { from: Type.String(), to: Type.String() }), {
      description: 'where requests of a region go when it has no healthy endpoint',
    }),
    failoverPriority: Type.Array(Type.String(), {
      description: 'labels that make an endpoint near, the most important first: "key" (as the client\'s) or "key=value"',
    }),
    distribute: Type.Array(message({}, { from: Type.String(), to: mapOf(uint32({ maximum: 100 })) }), {
      description: 'percentages by locality ("region/zone/*") instead of nearness',
    }),
  }),
  warmUp: message(
    {
      minimumPercent: Type.Number({ minimum: 0, maximum: 100, default: 10, description: 'of its share, at the start' }),
      aggression: Type.Number({ minimum: 1, default: 1, description: '1: linear; more: faster at the start' }),
    },
    { duration: duration({ description: 'in which a new endpoint comes to its full share' }) },
  ),
}

export const Balancing = message(balancingFields)
export type Balancing = Static<typeof Balancing>

export const LoadBalancingRuleSpec = message({ ...clientSide, ...balancingFields }, { host: Host })
export type LoadBalancingRuleSpec = Static<typeof LoadBalancingRuleSpec>

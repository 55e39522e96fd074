/** WeightedDestinationRule (mizzen.dev): how requests to a service are shared out between its versions, or other services. */
import { type Static, Type } from 'typebox'
import { duration, message, uint32 } from '../../schema/message.ts'
import { clientSide, Host } from '../target.ts'

const percent = (options: object) => Type.Integer({ minimum: 0, maximum: 100, ...options })

export const WeightedDestination = message({
  version: Type.String({ description: 'pods with the label version of this value' }),
  subset: Type.String({ description: 'a subset that a DestinationRule for the host defines' }),
  host: Type.String({ description: 'another service' }),
  port: uint32({ description: 'of the other service; default: the port the request came to, or its only one' }),
  weight: percent({ description: 'percent; all of them make 100. With a rollout they are what comes before the first step' }),
})
export type WeightedDestination = Static<typeof WeightedDestination>

export const Rollout = message(
  {
    stopOn: message(
      {
        minimumRequests: uint32({
          minimum: 1,
          default: 20,
          description: 'of the new destination in a step, before it is judged',
        }),
        rollBack: Type.Boolean({ default: true, description: 'true: back to the weights of before. false: stay where it is' }),
      },
      {
        errorRate: Type.Number({
          minimum: 0,
          maximum: 100,
          description: 'percent of 5xx of the new destination, above which the roll-out stops',
        }),
      },
    ),
  },
  {
    steps: Type.Array(
      message(
        { pause: duration({ description: 'how long the step lasts; absent in the last one' }) },
        { weight: percent({ description: 'percent that the last destination gets; the first gets the rest' }) },
      ),
      { minItems: 1, maxItems: 50 },
    ),
  },
)
export type Rollout = Static<typeof Rollout>

const { subset: _, workloadSelector, exportTo, port } = clientSide

export const WeightedDestinationRuleSpec = message(
  { workloadSelector, exportTo, port, rollout: Rollout },
  { host: Host, destinations: Type.Array(WeightedDestination, { minItems: 1, maxItems: 32 }) },
)
export type WeightedDestinationRuleSpec = Static<typeof WeightedDestinationRuleSpec>

/** AlertRule (mizzen.dev): a condition on the mesh's standard metrics of a service, and who is told when it holds. */
import { type Static, Type } from 'typebox'
import { duration, message } from '../../schema/message.ts'
import { Host } from '../target.ts'

const positive = (options: object) => Type.Number({ minimum: 0, ...options })

export const AlertRuleSpec = message(
  {
    client: Type.String({ description: 'only requests of this workload (name of its Deployment); absent: of everybody' }),
    errorRate: message({}, { above: positive({ maximum: 100, description: 'percent of 5xx, and of failed gRPC calls' }) }),
    latency: message({ percentile: Type.Number({ minimum: 0, maximum: 100, default: 99 }) }, { above: duration() }),
    requestRate: message({
      above: positive({ description: 'requests a second' }),
      below: positive({ description: 'requests a second' }),
    }),
    window: duration({ default: '1m', description: 'of which the values are taken' }),
    for: duration({ default: '1m', description: 'how long it has to hold before anybody is told' }),
    severity: Type.Enum(['Info', 'Warning', 'Critical'], { default: 'Warning' }),
    summary: Type.String({ description: 'a sentence for those who are told' }),
    notify: Type.Array(
      message({
        webhook: message({}, { url: Type.String({ description: 'gets a POST with the alert as JSON' }) }),
        log: Type.Boolean({ description: 'a line of the control plane' }),
      }),
      { description: 'who is told; default: a line of the control plane' },
    ),
  },
  { host: Host },
)
export type AlertRuleSpec = Static<typeof AlertRuleSpec>

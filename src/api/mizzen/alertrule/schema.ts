/** AlertRule (mizzen.dev): a condition on the traffic of services or on the mesh itself, and who is told when it holds. */
import { type Static, Type } from 'typebox'
import { duration, message } from '../../schema/message.ts'

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
    endpoints: message(
      {},
      {
        state: Type.Enum(['Ejected', 'FailingHealthChecks', 'NotReady'], {
          description:
            'ejected by outlier detection or failing active health checks, as a caller sees it; or not ready by its own probes',
        }),
        above: Type.Integer({ minimum: 0, description: 'more endpoints of one service than so many' }),
      },
    ),
    certificateLife: message(
      {},
      {
        below: positive({
          maximum: 100,
          description: 'percent of a proxy\'s certificate\'s life that is left; host must be "*"',
        }),
      },
    ),
    staleProxies: message(
      {},
      {
        above: Type.Integer({
          minimum: 0,
          description: 'more proxies than so many wait for configuration, or refuse it; host must be "*"',
        }),
      },
    ),
    window: duration({ default: '1m', description: 'of which the values are taken' }),
    for: duration({ default: '1m', description: 'how long it has to hold before anybody is told' }),
    severity: Type.Enum(['Info', 'Warning', 'Critical'], { default: 'Warning' }),
    summary: Type.String({ description: 'a sentence for those who are told' }),
    disabled: Type.Boolean({
      default: false,
      description: "nobody looks; with the name of one of the mesh's own alerts, in the root namespace, it switches that off",
    }),
    notify: Type.Array(
      message({
        webhook: message({}, { url: Type.String({ description: 'gets a POST with the alert as JSON' }) }),
        log: Type.Boolean({ description: 'a line of the control plane' }),
      }),
      { description: 'who is told; default: a line of the control plane' },
    ),
  },
  {
    host: Type.String({
      description: 'the service: "reviews" of the same namespace, its full name, or "*" for each service of the mesh',
      examples: ['reviews'],
    }),
  },
)
export type AlertRuleSpec = Static<typeof AlertRuleSpec>

/** HealthCheck (mizzen.dev): the clients' proxies ask the endpoints of a service whether they are well. */
import { type Static, Type } from 'typebox'
import { duration, message, uint32 } from '../../schema/message.ts'
import { clientSide, Host } from '../target.ts'

export const HealthCheckSpec = message(
  {
    ...clientSide,
    http: message(
      {
        host: Type.String({ description: 'the Host header; default: the host of the service' }),
        expectedStatuses: Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), { default: [200], minItems: 1 }),
      },
      { path: Type.String({ examples: ['/healthz'] }) },
      { description: 'a GET' },
    ),
    grpc: message(
      { service: Type.String({ default: '', description: 'name that the health service knows; "": the server as a whole' }) },
      {},
      { description: 'grpc.health.v1.Health/Check' },
    ),
    tcp: message({}, {}, { description: 'a connection, and nothing else' }),
    interval: duration({ default: '10s' }),
    timeout: duration({ default: '1s' }),
    unhealthyThreshold: uint32({
      minimum: 1,
      default: 3,
      description: 'checks in a row that fail before an endpoint is left out',
    }),
    healthyThreshold: uint32({ minimum: 1, default: 2, description: 'checks in a row that pass before it is back' }),
    panicThreshold: Type.Number({
      minimum: 0,
      maximum: 100,
      default: 50,
      description: 'percent of healthy endpoints below which all get requests, well or not; 0: never',
    }),
  },
  { host: Host },
)
export type HealthCheckSpec = Static<typeof HealthCheckSpec>

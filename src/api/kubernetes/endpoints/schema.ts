/** Endpoints (core/v1), the older form of EndpointSlice. It has no spec: its own fields stand beside metadata. */
import { type Static, Type } from 'typebox'
import { openMessage } from '../../schema/message.ts'

export const TargetReference = openMessage({ kind: Type.String(), name: Type.String(), namespace: Type.String() })

export const EndpointPort = openMessage({
  name: Type.String(),
  port: Type.Integer({ minimum: 0, maximum: 65535 }),
  protocol: Type.String({ default: 'TCP' }),
  appProtocol: Type.String(),
})
export type EndpointPort = Static<typeof EndpointPort>

const EndpointAddress = openMessage(
  { hostname: Type.String(), nodeName: Type.String(), targetRef: TargetReference },
  { ip: Type.String() },
)

export const EndpointsSpec = openMessage({
  subsets: Type.Array(
    openMessage({
      addresses: Type.Array(EndpointAddress),
      notReadyAddresses: Type.Array(EndpointAddress),
      ports: Type.Array(EndpointPort),
    }),
  ),
})
export type EndpointsSpec = Static<typeof EndpointsSpec>

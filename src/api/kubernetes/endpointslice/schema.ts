/** EndpointSlice (discovery.k8s.io/v1): a part of a service's addresses. It has no spec: its own fields stand beside metadata. */
import { type Static, Type } from 'typebox'
import { openMessage } from '../../schema/message.ts'
import { EndpointPort, TargetReference } from '../endpoints/schema.ts'

/** The label that names the Service a slice belongs to. */
export const serviceNameLabel = 'kubernetes.io/service-name'

export const Endpoint = openMessage(
  {
    conditions: openMessage({ ready: Type.Boolean(), serving: Type.Boolean(), terminating: Type.Boolean() }),
    hostname: Type.String(),
    nodeName: Type.String(),
    zone: Type.String(),
    targetRef: TargetReference,
  },
  { addresses: Type.Array(Type.String()) },
)

export const EndpointSliceSpec = openMessage({
  addressType: Type.Enum(['IPv4', 'IPv6', 'FQDN'], { default: 'IPv4' }),
  endpoints: Type.Array(Endpoint),
  ports: Type.Array(EndpointPort),
})
export type EndpointSliceSpec = Static<typeof EndpointSliceSpec>

/** ServiceEntry (networking.istio.io): a service that Kubernetes does not know, inside or outside the mesh. */
import { type Static, Type } from 'typebox'
import { message, uint32 } from '../../schema/message.ts'
import { ExportTo, LabelSelector } from '../selector.ts'
import { WorkloadEntrySpec } from '../workloadentry/schema.ts'

export const ServiceEntryPort = message(
  {
    number: uint32(),
    protocol: Type.String({
      maxLength: 256,
      description: 'HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP, TLS...; absent: found out per connection',
    }),
    targetPort: uint32({ description: 'port of the endpoints; default: number' }),
  },
  { name: Type.String({ maxLength: 256 }) },
)
export type ServiceEntryPort = Static<typeof ServiceEntryPort>

export const ServiceEntrySpec = message(
  {
    addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256, description: 'virtual IP addresses or CIDR ranges' }),
    ports: Type.Array(ServiceEntryPort, { maxItems: 256 }),
    location: Type.Enum(['MESH_EXTERNAL', 'MESH_INTERNAL'], { default: 'MESH_EXTERNAL' }),
    resolution: Type.Enum(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'], { default: 'NONE' }),
    endpoints: Type.Array(WorkloadEntrySpec, { maxItems: 4096 }),
    workloadSelector: LabelSelector,
    exportTo: ExportTo,
    subjectAltNames: Type.Array(Type.String()),
  },
  { hosts: Type.Array(Type.String(), { minItems: 1, maxItems: 256 }) },
)
export type ServiceEntrySpec = Static<typeof ServiceEntrySpec>

export const ServiceEntryStatus = message({ addresses: Type.Array(message({ value: Type.String(), host: Type.String() })) })
export type ServiceEntryStatus = Static<typeof ServiceEntryStatus>

/** ServiceEntry (networking.istio.io): a service that Kubernetes does not know, inside or outside the mesh. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { asMapBy } from '../../schema/list-types.ts'
import { message, uint32 } from '../../schema/message.ts'
import { ExportTo, LabelSelector } from '../selector.ts'
import { WorkloadEntrySpec } from '../workloadentry/schema.ts'

const IS_PORT = cel(['0 < self && self <= 65535', 'expected a port of 1 to 65535'])

export const ServiceEntryPort = message(
  {
    number: uint32({ ...IS_PORT }),
    protocol: Type.String({
      maxLength: 256,
      description: 'HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP, TLS...; absent: found out per connection',
    }),
    targetPort: uint32({ description: 'port of the endpoints; default: number', ...IS_PORT }),
  },
  { name: Type.String({ maxLength: 256 }) },
)
export type ServiceEntryPort = Static<typeof ServiceEntryPort>

export const ServiceEntrySpec = message(
  {
    addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256, description: 'virtual IP addresses or CIDR ranges' }),
    ports: Type.Array(ServiceEntryPort, {
      maxItems: 256,
      ...asMapBy('name'),
      ...cel([
        'self.all(a, !has(a.number) || self.exists_one(b, has(b.number) && a.number == b.number))',
        'two ports have the same number',
      ]),
    }),
    location: Type.Enum(['MESH_EXTERNAL', 'MESH_INTERNAL'], { default: 'MESH_EXTERNAL' }),
    resolution: Type.Enum(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'], { default: 'NONE' }),
    endpoints: Type.Array(WorkloadEntrySpec, { maxItems: 4096 }),
    workloadSelector: LabelSelector,
    exportTo: ExportTo,
    subjectAltNames: Type.Array(Type.String()),
  },
  {
    hosts: Type.Array(Type.String({ ...cel(["self != '*'", 'expected a host, not all of them']) }), {
      minItems: 1,
      maxItems: 256,
    }),
  },
  cel(
    ['!has(self.workloadSelector) || !has(self.endpoints)', 'workloadSelector and endpoints exclude each other'],
    [
      "!has(self.addresses) || !has(self.resolution) || self.resolution in ['NONE', 'STATIC'] || !self.addresses.exists(a, a.contains('/'))",
      'ranges of addresses are for the resolutions NONE and STATIC',
    ],
    ["!has(self.endpoints) || has(self.resolution) && self.resolution != 'NONE'", 'resolution NONE has no endpoints'],
    [
      "!has(self.endpoints) || !has(self.resolution) || self.resolution != 'DNS_ROUND_ROBIN' || size(self.endpoints) <= 1",
      'resolution DNS_ROUND_ROBIN has one endpoint at most',
    ],
  ),
)
export type ServiceEntrySpec = Static<typeof ServiceEntrySpec>

export const ServiceEntryStatus = message({ addresses: Type.Array(message({ value: Type.String(), host: Type.String() })) })
export type ServiceEntryStatus = Static<typeof ServiceEntryStatus>

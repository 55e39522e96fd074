/** WorkloadEntry (networking.istio.io): one workload outside Kubernetes, alone or as an endpoint of a ServiceEntry. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { mapOf, message, uint32 } from '../../schema/message.ts'

export const WorkloadEntrySpec = message(
  {
    address: Type.String({
      maxLength: 256,
      description: 'IP address, DNS name, or unix:///path; may be absent where a network is given',
      ...cel(
        ["!self.startsWith('unix://') || !self.endsWith('/')", 'expected a socket, not a directory'],
        [
          "!self.startsWith('unix://') || self.substring(7).startsWith('/') || self.substring(7).startsWith('@')",
          'expected an absolute path or an abstract socket',
        ],
      ),
    }),
    ports: mapOf(uint32({ ...cel(['0 < self && self <= 65535', 'expected a port of 1 to 65535']) }), {
      maxProperties: 128,
      description: 'port name of the service to number here',
      ...cel([
        "self.all(name, size(name) <= 63 && name.matches('^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$'))",
        'expected names of ports: letters, digits and "-"',
      ]),
    }),
    labels: mapOf(Type.String(), { maxProperties: 256 }),
    network: Type.String({ maxLength: 2048 }),
    locality: Type.String({ maxLength: 2048, description: 'region/zone/subzone' }),
    weight: uint32({ default: 1 }),
    serviceAccount: Type.String({ maxLength: 253 }),
  },
  {},
  cel(
    ['has(self.address) || has(self.network)', 'an address is missing'],
    ["!has(self.address) || !self.address.startsWith('unix://') || !has(self.ports)", 'a socket has no ports'],
  ),
)
export type WorkloadEntrySpec = Static<typeof WorkloadEntrySpec>

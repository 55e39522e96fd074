/** WorkloadEntry (networking.istio.io): one workload outside Kubernetes, alone or as an endpoint of a ServiceEntry. */
import { type Static, Type } from 'typebox'
import { mapOf, message, uint32 } from '../../schema/message.ts'

export const WorkloadEntrySpec = message({
  address: Type.String({
    maxLength: 256,
    description: 'IP address, DNS name, or unix:///path; may be absent where a network is given',
  }),
  ports: mapOf(uint32(), { maxProperties: 128, description: 'port name of the service to number here' }),
  labels: mapOf(Type.String(), { maxProperties: 256 }),
  network: Type.String({ maxLength: 2048 }),
  locality: Type.String({ maxLength: 2048, description: 'region/zone/subzone' }),
  weight: uint32({ default: 1 }),
  serviceAccount: Type.String({ maxLength: 253 }),
})
export type WorkloadEntrySpec = Static<typeof WorkloadEntrySpec>

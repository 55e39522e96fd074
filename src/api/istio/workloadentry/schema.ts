/** WorkloadEntry (networking.istio.io): one workload outside Kubernetes, alone or as an endpoint of a ServiceEntry. */
import { type Static, Type } from 'typebox'
import { mapOf, message, uint32 } from '../../schema/message.ts'

export const WorkloadEntrySpec = message({
  address: Type.String({ description: 'IP address, DNS name, or unix:///path; may be absent where a network is given' }),
  ports: mapOf(uint32(), { description: 'port name of the service to number here' }),
  labels: mapOf(Type.String()),
  network: Type.String(),
  locality: Type.String({ description: 'region/zone/subzone' }),
  weight: uint32({ default: 1 }),
  serviceAccount: Type.String(),
})
export type WorkloadEntrySpec = Static<typeof WorkloadEntrySpec>

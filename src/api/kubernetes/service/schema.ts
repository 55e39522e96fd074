/** Service (core/v1): a name and ports in front of the pods its selector picks. Only the fields that mizzen reads. */
import { type Static, Type } from 'typebox'
import { int32, mapOf, openMessage } from '../../schema/message.ts'

export const IntOrString = Type.Union([Type.Integer(), Type.String()])

export const ServicePort = openMessage(
  {
    name: Type.String(),
    protocol: Type.Enum(['TCP', 'UDP', 'SCTP'], { default: 'TCP' }),
    appProtocol: Type.String(),
    targetPort: IntOrString,
    nodePort: int32(),
  },
  { port: Type.Integer({ minimum: 1, maximum: 65535 }) },
)
export type ServicePort = Static<typeof ServicePort>

export const ServiceSpec = openMessage({
  type: Type.Enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'], { default: 'ClusterIP' }),
  clusterIP: Type.String({ description: '"None" makes the service headless' }),
  clusterIPs: Type.Array(Type.String()),
  externalIPs: Type.Array(Type.String()),
  externalName: Type.String(),
  ports: Type.Array(ServicePort),
  selector: mapOf(Type.String()),
  publishNotReadyAddresses: Type.Boolean(),
  internalTrafficPolicy: Type.String(),
  trafficDistribution: Type.String(),
})
export type ServiceSpec = Static<typeof ServiceSpec>

export const ServiceStatus = openMessage({
  loadBalancer: openMessage({ ingress: Type.Array(openMessage({ ip: Type.String(), hostname: Type.String() })) }),
})
export type ServiceStatus = Static<typeof ServiceStatus>

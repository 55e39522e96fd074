/** Pod (core/v1), and the pod template that the workload kinds carry. Only the fields that mizzen reads. */
import { type Static, Type } from 'typebox'
import { int32, mapOf, openMessage } from '../../schema/message.ts'
import { IntOrString } from '../service/schema.ts'

const KeyReference = openMessage({ name: Type.String(), optional: Type.Boolean() }, { key: Type.String() })
const ObjectReference = openMessage({ name: Type.String(), optional: Type.Boolean() })

export const EnvVar = openMessage(
  {
    value: Type.String(),
    valueFrom: openMessage({
      configMapKeyRef: KeyReference,
      secretKeyRef: KeyReference,
      fieldRef: openMessage({}, { fieldPath: Type.String() }),
      resourceFieldRef: openMessage({}, { resource: Type.String() }),
    }),
  },
  { name: Type.String() },
)
export type EnvVar = Static<typeof EnvVar>

export const Probe = openMessage({
  httpGet: openMessage(
    {
      path: Type.String({ default: '/' }),
      host: Type.String(),
      scheme: Type.Enum(['HTTP', 'HTTPS'], { default: 'HTTP' }),
      httpHeaders: Type.Array(openMessage({}, { name: Type.String(), value: Type.String() })),
    },
    { port: IntOrString },
  ),
  tcpSocket: openMessage({ host: Type.String() }, { port: IntOrString }),
  exec: openMessage({ command: Type.Array(Type.String()) }),
  grpc: openMessage({ service: Type.String() }, { port: int32() }),
  initialDelaySeconds: int32({ default: 0 }),
  periodSeconds: int32({ default: 10 }),
  timeoutSeconds: int32({ default: 1 }),
  successThreshold: int32({ default: 1 }),
  failureThreshold: int32({ default: 3 }),
})
export type Probe = Static<typeof Probe>

export const ContainerPort = openMessage(
  { name: Type.String(), protocol: Type.Enum(['TCP', 'UDP', 'SCTP'], { default: 'TCP' }), hostPort: int32() },
  { containerPort: Type.Integer({ minimum: 1, maximum: 65535 }) },
)

export const Container = openMessage(
  {
    image: Type.String(),
    command: Type.Array(Type.String()),
    args: Type.Array(Type.String()),
    workingDir: Type.String(),
    env: Type.Array(EnvVar),
    envFrom: Type.Array(openMessage({ prefix: Type.String(), configMapRef: ObjectReference, secretRef: ObjectReference })),
    ports: Type.Array(ContainerPort),
    readinessProbe: Probe,
    livenessProbe: Probe,
    startupProbe: Probe,
    restartPolicy: Type.String(),
  },
  { name: Type.String() },
)
export type Container = Static<typeof Container>

export const PodSpec = openMessage({
  containers: Type.Array(Container),
  initContainers: Type.Array(Container),
  serviceAccountName: Type.String({ default: 'default' }),
  nodeName: Type.String(),
  hostNetwork: Type.Boolean(),
  hostname: Type.String(),
  subdomain: Type.String(),
  terminationGracePeriodSeconds: Type.Integer({ minimum: 0, default: 30 }),
})
export type PodSpec = Static<typeof PodSpec>

export const PodStatus = openMessage({
  phase: Type.String(),
  podIP: Type.String(),
  podIPs: Type.Array(openMessage({ ip: Type.String() })),
  hostIP: Type.String(),
  conditions: Type.Array(openMessage({}, { type: Type.String(), status: Type.String() })),
})
export type PodStatus = Static<typeof PodStatus>

export const PodTemplate = openMessage({
  metadata: openMessage({ labels: mapOf(Type.String()), annotations: mapOf(Type.String()) }),
  spec: PodSpec,
})
export type PodTemplate = Static<typeof PodTemplate>

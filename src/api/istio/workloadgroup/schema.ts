/** WorkloadGroup (networking.istio.io): what the WorkloadEntries of machines that register themselves have in common. */
import { type Static, type TSchema, Type } from 'typebox'
import { cel, described, exclusive, int32, mapOf, message, uint32 } from '../../schema/message.ts'
import { WorkloadEntrySpec } from '../workloadentry/schema.ts'

const count = (description: string) => int32({ minimum: 0, description })
const port = (description: string): TSchema & ReturnType<typeof uint32> =>
  uint32({ description, ...cel('expected a port of 1 to 65535', '0 < self && self <= 65535') })

const HTTPHeader = message({
  name: Type.String({ pattern: '^[-_A-Za-z0-9]+$', description: 'name of the header' }),
  value: Type.String({ description: 'value of the header' }),
})

const HTTPHealthCheck = message(
  {
    path: Type.String({ description: 'path that is asked for' }),
    host: Type.String({ description: "host that is asked; default: the workload's own address" }),
    scheme: Type.String({
      default: 'HTTP',
      description: 'HTTP or HTTPS',
      ...cel('expected HTTP or HTTPS', "self in ['', 'HTTP', 'HTTPS']"),
    }),
    httpHeaders: Type.Array(HTTPHeader, { description: 'headers to send; a name may come more than once' }),
  },
  { port: port('port that is asked') },
)
const TCPHealthCheck = message(
  { host: Type.String({ default: 'localhost', description: 'host to connect to' }) },
  { port: port('port to connect to') },
)
const ExecHealthCheck = message(
  {},
  { command: Type.Array(Type.String({ minLength: 1 }), { description: 'program and arguments; status 0 is healthy' }) },
)
const GrpcHealthCheck = message({
  port: port('port that is asked'),
  service: Type.String({ description: "service named in gRPC's health check" }),
})

export const ReadinessProbe = message(
  {
    initialDelaySeconds: count('seconds from the start of the workload to the first probe'),
    timeoutSeconds: count('seconds until a probe without answer has failed; default 1'),
    periodSeconds: count('seconds from probe to probe; default 10'),
    successThreshold: count('successes in a row until a failed workload is healthy again; default 1'),
    failureThreshold: count('failures in a row until a healthy workload has failed; default 3'),
    httpGet: described('healthy when a GET is answered with 200 to 399', HTTPHealthCheck),
    tcpSocket: described('healthy when a connection can be made', TCPHealthCheck),
    exec: described('healthy when a program says so', ExecHealthCheck),
    grpc: described("healthy when gRPC's health service says SERVING", GrpcHealthCheck),
  },
  {},
  exclusive(['httpGet', 'tcpSocket', 'exec', 'grpc']),
)
export type ReadinessProbe = Static<typeof ReadinessProbe>

/** The address comes with the machine: what a WorkloadEntry demands of it is not demanded here. */
const NO_ADDRESS_YET = { 'x-kubernetes-validations': [] }

export const WorkloadGroupSpec = message(
  {
    metadata: message(
      {
        labels: mapOf(Type.String(), { maxProperties: 256, description: 'labels of the entries' }),
        annotations: mapOf(Type.String(), { maxProperties: 256, description: 'annotations of the entries' }),
      },
      {},
      { description: 'what stands in the metadata of the entries that are made from this group' },
    ),
    probe: described('how the health of a workload is found out', ReadinessProbe),
  },
  { template: described('the entries themselves, without an address', WorkloadEntrySpec, NO_ADDRESS_YET) },
)
export type WorkloadGroupSpec = Static<typeof WorkloadGroupSpec>

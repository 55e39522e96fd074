/** How Istio's kinds choose workloads, other namespaces and ports: the small messages that several of them carry. */
import { type Static, Type } from 'typebox'
import { cel, mapOf, message, uint32 } from '../schema/message.ts'

/** A label's value in a selector: it is compared as a whole. */
const labelValue = () => Type.String({ maxLength: 63, ...cel('a wildcard is not allowed in a value', "!self.contains('*')") })

/** networking.istio.io WorkloadSelector: all labels must be on the workload, in the object's own namespace. */
export const LabelSelector = message({
  labels: mapOf(labelValue(), {
    maxProperties: 256,
    description: 'all of these must be on the workload; none means every workload of the namespace',
  }),
})
export type LabelSelector = Static<typeof LabelSelector>

/** type.istio.io PortSelector: a port by number, which must be there. */
export const TypePortSelector = message(
  {},
  { number: uint32({ description: 'number of the port', ...cel('expected a port of 1 to 65535', '0 < self && self <= 65535') }) },
)

/** Which side of a connection a workload is on. */
export const WorkloadMode = Type.Enum(['UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER'])

/** "." own namespace, "*" all, a namespace's name, "~" nobody. Absent: the mesh's default, which is "*". */
export const ExportTo = Type.Array(Type.String())

/** A port by number, as destinations and port-level settings name it. */
export const PortSelector = message({ number: uint32() })

/** A port that a gateway or a sidecar listens on. */
export const ServerPort = message({ number: uint32(), protocol: Type.String(), name: Type.String(), targetPort: uint32() })
export type ServerPort = Static<typeof ServerPort>

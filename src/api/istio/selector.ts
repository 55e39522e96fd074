/** How Istio's kinds choose workloads, other namespaces and ports: the small messages that several of them carry. */
import { type Static, Type } from 'typebox'
import { mapOf, message, uint32 } from '../schema/message.ts'

/** networking.istio.io WorkloadSelector: all labels must be on the workload, in the object's own namespace. */
export const LabelSelector = message({ labels: mapOf(Type.String({ maxLength: 63 }), { maxProperties: 256 }) })
export type LabelSelector = Static<typeof LabelSelector>

/** type.istio.io WorkloadSelector: the same with another field name. */
export const MatchLabelsSelector = message({ matchLabels: mapOf(Type.String({ maxLength: 63 }), { maxProperties: 4096 }) })
export type MatchLabelsSelector = Static<typeof MatchLabelsSelector>

/** "." own namespace, "*" all, a namespace's name, "~" nobody. Absent: the mesh's default, which is "*". */
export const ExportTo = Type.Array(Type.String())

/** A port by number, as destinations and port-level settings name it. */
export const PortSelector = message({ number: uint32() })

/** A port that a gateway or a sidecar listens on. */
export const ServerPort = message({ number: uint32(), protocol: Type.String(), name: Type.String(), targetPort: uint32() })
export type ServerPort = Static<typeof ServerPort>

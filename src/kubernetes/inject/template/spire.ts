/** The template `spire`, laid over another one: the workload's identity comes from a SPIRE agent on the node, by its CSI driver. */
import { labelsOf, PROXY } from '../pod.ts'
import type { Template } from './input.ts'

export const spire: Template = input => {
  const socket = { name: 'workload-socket', mountPath: '/run/secrets/workload-spiffe-uds', readOnly: true }
  const proxy = { name: PROXY, volumeMounts: [socket] }
  return {
    metadata: {
      labels: { 'spiffe.io/spire-managed-identity': labelsOf(input.pod)['spiffe.io/spire-managed-identity'] || 'true' },
    },
    spec: {
      ...(input.native ? { initContainers: [proxy] } : { containers: [proxy] }),
      volumes: [{ name: 'workload-socket', csi: { driver: 'csi.spiffe.io', readOnly: true } }],
    },
  }
}

/** Rules for ConfigMap: of those that hold the mesh configuration, the text is read as such. */
import type { Findings } from '../../findings.ts'
import { readMeshConfig, readMeshNetworks } from '../../istio/meshconfig/read.ts'
import type { ConfigObject } from '../../object.ts'
import type { ConfigMapSpec } from './schema.ts'

export function validateConfigMap({ name, spec }: ConfigObject<'ConfigMap', string, ConfigMapSpec>, findings: Findings): void {
  if (name !== 'istio' && !name.startsWith('istio-')) return // istio-REVISION is the one of a revision
  const { mesh, meshNetworks } = spec.data ?? {}
  if (mesh !== undefined) readMeshConfig(mesh, findings.at('data', 'mesh'))
  if (meshNetworks !== undefined) readMeshNetworks(meshNetworks, findings.at('data', 'meshNetworks'))
}

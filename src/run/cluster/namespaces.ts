/** Which namespaces are the mesh's (MeshConfig.discoverySelectors). */
import type { Namespace } from '../../api/registry.ts'
import { matchesLabels } from '../../model/label-selector.ts'
import type { MeshSettings } from '../../model/settings.ts'

export function namespacesOfMesh(all: readonly Namespace[], settings: MeshSettings): readonly string[] {
  return all
    .filter(
      ({ name, labels }) =>
        settings.namespaces.length === 0 ||
        name === settings.rootNamespace ||
        settings.namespaces.some(selector => matchesLabels(selector, { 'kubernetes.io/metadata.name': name, ...labels })),
    )
    .map(({ name }) => name)
}

/** The mesh's kinds: CustomResourceDefinitions. */
import { definedKinds, definition } from '../../../api/crd/definition.ts'
import { kinds } from '../../../api/registry.ts'
import type { Manifest } from '../manifest.ts'
import { SHARED_LABELS } from '../names.ts'

/** Groups that belong to Kubernetes' own community: other implementations bring their kinds too. */
const COMMUNITY = /\.k8s\.io$/

export function isCommunityKind(name: string): boolean {
  return COMMUNITY.test(name)
}

export function kindDefinitions(gatewayApi: boolean): Manifest[] {
  return definedKinds
    .filter(id => gatewayApi || !isCommunityKind(kinds[id].group))
    .map(id => {
      const { metadata, spec, ...rest } = definition(id)
      return { ...rest, metadata: { ...metadata, labels: SHARED_LABELS }, spec }
    })
}

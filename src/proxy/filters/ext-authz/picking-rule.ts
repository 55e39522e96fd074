/** Which access rule picked a request out for the authorizer: the filter's condition on metadata says where its name was left. */
import type { MetadataMatcher } from '../../../xds/gen/envoy/type/matcher/v3/metadata.ts'
import type { DynamicMetadata } from '../../metadata/dynamic.ts'

export function pickingRule(
  condition: MetadataMatcher | undefined,
): (metadata: DynamicMetadata | undefined) => string | undefined {
  if (condition === undefined) return () => undefined
  const { filter } = condition
  const path = condition.path.flatMap(({ segment }) => (segment?.$case === 'key' ? [segment.value] : []))
  return metadata => {
    const name = metadata?.at(filter, path)
    return typeof name === 'string' ? name : undefined
  }
}

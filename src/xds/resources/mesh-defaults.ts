/** What the mesh configuration says for services whose traffic rules do not (MeshConfig.defaultTrafficPolicy). */
import type { MeshSettings } from '../../model/settings.ts'
import { NO_POLICY, type TrafficPolicy } from '../../model/traffic-policy.ts'

/** Block by block: what the policy has is not mixed with the mesh's. */
export function withMeshDefaults(policy: TrafficPolicy | undefined, settings: MeshSettings): TrafficPolicy | undefined {
  const { defaultPool, defaultOutliers } = settings
  if (!defaultPool && !defaultOutliers) return policy
  const own = policy ?? NO_POLICY
  return { ...own, pool: own.pool ?? defaultPool, outliers: own.outliers ?? defaultOutliers }
}

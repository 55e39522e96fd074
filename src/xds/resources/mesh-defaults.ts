/** What the mesh configuration says for services whose traffic rules do not (MeshConfig.defaultTrafficPolicy). */
import type { MeshSettings } from '../../model/settings.ts'
import type { TrafficPolicy } from '../../model/traffic-policy.ts'

const NOTHING: TrafficPolicy = {
  balancer: undefined,
  pool: undefined,
  outliers: undefined,
  tls: undefined,
  ports: new Map(),
  tunnel: undefined,
  proxyProtocol: undefined,
  retryBudget: undefined,
}

/** Block by block: what the policy has is not mixed with the mesh's. */
export function withMeshDefaults(policy: TrafficPolicy | undefined, settings: MeshSettings): TrafficPolicy | undefined {
  const { defaultPool, defaultOutliers } = settings
  if (!defaultPool && !defaultOutliers) return policy
  const own = policy ?? NOTHING
  return { ...own, pool: own.pool ?? defaultPool, outliers: own.outliers ?? defaultOutliers }
}

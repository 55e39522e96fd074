/** The mesh as one proxy is told of it: with its own settings where the mesh has defaults. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import { loggingOf } from '../../model/access-logging.ts'
import type { Mesh } from '../../model/mesh.ts'
import { metricsOf } from '../../model/metric-changes.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import type { MeshSettings } from '../../model/settings.ts'

const meshes = new IdentityMemo<Mesh>()
const settingsMemo = new IdentityMemo<MeshSettings>()

/** The same mesh for proxies that are told nothing else, so that they share what is made of it. */
export function meshFor(mesh: Mesh, proxy: MeshProxy): Mesh {
  const { settings } = mesh
  const { proxySettings: proxyDefaults = settings.proxyDefaults, toldMetrics = false } = proxy
  const logs = loggingOf(mesh, proxy)
  const metrics = metricsOf(mesh, proxy)
  if (proxyDefaults === settings.proxyDefaults && logs === undefined && metrics === undefined && !toldMetrics) return mesh
  const own = settingsMemo.get([settings, proxyDefaults, logs, metrics, toldMetrics], () => ({
    ...settings,
    proxyDefaults,
    logs,
    metrics,
    toldMetrics,
  }))
  return meshes.get([mesh, own], () => ({ ...mesh, settings: own }))
}

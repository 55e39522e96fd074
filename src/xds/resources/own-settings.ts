/** The mesh as one proxy is told of it: with its own settings where the mesh has defaults. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import { loggingOf } from '../../model/access-logging.ts'
import { withAllocatedAddresses } from '../../model/allocated-addresses.ts'
import type { LogTarget, ProxyLogging } from '../../model/log-target.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import { scopeOf } from '../../model/scope.ts'
import { scriptFiltersOf } from '../../model/script-filter.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { metricsOf } from '../../model/workload-metrics.ts'
import { answersDns } from './name-table.ts'

const meshes = new IdentityMemo<Mesh>()
const settingsMemo = new IdentityMemo<MeshSettings>()

/** The same mesh for proxies that are told nothing else, so that they share what is made of it. */
export function meshFor(whole: Mesh, proxy: MeshProxy): Mesh {
  // Only who resolves a name by our answer calls the address in it.
  const mesh = answersDns(proxy) ? withAllocatedAddresses(whole) : whole
  const { settings } = mesh
  const { proxySettings: proxyDefaults = settings.proxyDefaults, toldMetrics = false, resumesUnchecked = false } = proxy
  const logs = reachableLogs(mesh, proxy)
  const metrics = metricsOf(mesh, proxy)
  const scripts = scriptFiltersOf(mesh.scriptFilters, proxy, settings.rootNamespace)
  const plain = logs === undefined && metrics === undefined && scripts === undefined && !toldMetrics && !resumesUnchecked
  if (proxyDefaults === settings.proxyDefaults && plain) return mesh
  const own = settingsMemo.get([settings, proxyDefaults, logs, metrics, toldMetrics, scripts, resumesUnchecked], () => ({
    ...settings,
    proxyDefaults,
    logs,
    metrics,
    toldMetrics,
    scripts,
    resumesUnchecked,
  }))
  return meshes.get([mesh, own], () => ({ ...mesh, settings: own }))
}

const reachable = new IdentityMemo<ProxyLogging>()

/** Without those to collectors that this proxy cannot see: Envoy would refuse the listener. A diagnostic tells of collectors that are nowhere. */
function reachableLogs(mesh: Mesh, proxy: MeshProxy): ProxyLogging | undefined {
  const logs = loggingOf(mesh, proxy)
  if (logs === undefined) return undefined
  const { extensionProviders } = mesh.settings
  const lost = [...new Set([...logs.client, ...logs.server].map(({ provider }) => provider))].filter(name => {
    const provider = extensionProviders.get(name)
    if (provider === undefined || !('service' in provider)) return false
    const { host, port } = provider.service
    return !scopeOf(mesh, proxy)
      .byHost.get(host)
      ?.ports.some(({ number }) => number === port)
  })
  if (lost.length === 0) return logs
  const without = (targets: readonly LogTarget[]) => targets.filter(({ provider }) => !lost.includes(provider))
  return reachable.get([logs, lost.join()], () => ({ client: without(logs.client), server: without(logs.server) }))
}

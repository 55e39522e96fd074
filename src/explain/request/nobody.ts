/** Why a cluster has no endpoint to send a request to. */
import { hasLabels } from '../../model/labels.ts'
import type { Mesh } from '../../model/mesh.ts'
import { serviceKey } from '../../model/service.ts'
import { parseSubsetKey } from '../../xds/resources/names.ts'
import type { DryClusters } from './dry-clusters.ts'
import { count } from './words.ts'

export function nobodyThere(mesh: Mesh, clusters: DryClusters, cluster: string): string[] {
  if (cluster === 'BlackHoleCluster') return ['what leads here is refused on purpose']
  const key = parseSubsetKey(cluster)
  const service = key && mesh.services.find(each => each.hostname === key.host)
  if (!key || !service) return []
  const known = clusters.endpoints(cluster)
  if (known.length > 0) return [`${count(known.length, 'endpoint')}, none of them ready`]
  const all = mesh.endpoints.get(serviceKey(service))?.get(key.port) ?? []
  const labels = mesh.trafficRules
    .flatMap(rule => (rule.host === key.host ? rule.subsets : []))
    .find(subset => subset.name === key.subset)?.labels
  if (key.subset !== '' && labels && all.length > 0) {
    const asked = Object.entries(labels)
    const have = asked.map(([name]) => {
      const values = new Set(all.map(endpoint => endpoint.labels[name] ?? '(none)'))
      return `${name}=${[...values].sort().join(' or ')}`
    })
    return [
      `subset ${key.subset} wants ${asked.map(([name, value]) => `${name}=${value}`).join(', ')}; the ${count(all.length, 'endpoint')} have ${have.join(', ')}`,
    ]
  }
  return [whyEmpty(mesh, service.selector, service.namespace)]
}

function whyEmpty(mesh: Mesh, selector: Readonly<Record<string, string>> | undefined, namespace: string): string {
  if (!selector) return 'the service has no endpoints'
  const text = Object.entries(selector)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
  const pods = [...mesh.workloads.values()].filter(
    workload => workload.namespace === namespace && hasLabels(workload.labels, selector),
  )
  if (pods.length === 0) return `no workload of namespace ${namespace} has the labels ${text}`
  const ready = pods.filter(pod => pod.ready).length
  return ready === 0
    ? `${count(pods.length, 'workload')} with ${text}, none of them ready`
    : `no workload with ${text} serves this port`
}

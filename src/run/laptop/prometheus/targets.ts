/** The pods as Prometheus' HTTP service discovery is told of them (http_sd_config). Pure. */
import type { RunningPod } from '../pod/running-pod.ts'

export interface TargetGroup {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/** What a target is made of. */
export type ScrapedPod = Pick<RunningPod, 'plan' | 'network' | 'proxyPid'>

/** The proxies' admin endpoints. */
export function proxyTargets(pods: readonly ScrapedPod[]): TargetGroup[] {
  return pods.flatMap(pod => {
    const { plan, network, proxyPid } = pod
    if (!network || proxyPid === undefined || !plan.proxy) return []
    const { host, port } = network.adminTarget()
    return [{ targets: [`${host}:${port}`], labels: labelsOf(pod) }]
  })
}

/** Applications that say with the usual annotations that they have metrics: prometheus.io/scrape, port and path. */
export function applicationTargets(pods: readonly ScrapedPod[]): TargetGroup[] {
  return pods.flatMap(pod => {
    const { plan, network } = pod
    const { 'prometheus.io/scrape': scrape, 'prometheus.io/port': number, 'prometheus.io/path': path } = plan.annotations
    const asked = Number(number ?? plan.ports[0])
    if (!network || scrape !== 'true' || !(asked > 0)) return []
    const { host, port } = network.applicationTarget(asked)
    return [
      {
        targets: [`${host}:${port}`],
        labels: { ...labelsOf(pod), ...(path !== undefined && { __metrics_path__: path }) },
      },
    ]
  })
}

function labelsOf({ plan }: ScrapedPod): Record<string, string> {
  const { namespace, name, workload, proxy } = plan
  return { namespace, pod: name, workload: workload.name, ...(proxy && { engine: proxy.engine }) }
}

/** The pods' proxies as the observer of traffic asks them. */
import type { ObservedProxy } from '../observe/observed-proxy.ts'
import type { RunningPod } from './pod/running-pod.ts'

/** Pods without a proxy, or whose proxy does not run, are left out. */
export function observedPods(pods: readonly RunningPod[]): ObservedProxy[] {
  return pods.flatMap(({ plan, network, proxyPid }) => {
    if (!network || proxyPid === undefined || !plan.proxy || plan.proxy.type === 'grpc') return []
    const { key, namespace, workload, proxy } = plan
    return [{ key, namespace, workload: workload.name, gateway: proxy.type === 'router', admin: network.adminTarget() }]
  })
}

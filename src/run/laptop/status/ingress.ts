/** Where this machine enters the mesh: the hosts of the Gateways, each with the address its gateway listens on. Pure. */
import type { Gateway } from '../../../model/gateway.ts'
import { isHttp } from '../../../model/protocol.ts'
import { serversOf } from '../plan/gateways.ts'
import type { PodPlan } from '../plan/pod-plan.ts'
import type { Ingress } from './mesh-status.ts'

export interface GatewayEntrance {
  readonly plan: Pick<PodPlan, 'namespace' | 'labels'>
  entrance(serverPort: number): { readonly host: string; readonly port: number } | undefined
}

/** HTTP and HTTPS only: others have no URL. Each host once a scheme, in the order of the Gateways. */
export function ingressOf(pods: readonly GatewayEntrance[], gateways: readonly Gateway[]): Ingress[] {
  const found = new Map<string, Ingress>()
  for (const pod of pods) {
    for (const server of serversOf(pod.plan, gateways)) {
      const secure = server.protocol === 'HTTPS' && server.tls?.mode !== 'passthrough'
      const at = pod.entrance(server.port)
      if (!at || !(secure || isHttp(server.protocol))) continue
      const url = `${secure ? 'https' : 'http'}://${at.host}:${at.port}`
      for (const { host } of server.hosts) {
        const key = `${host} ${url}`
        if (!found.has(key)) found.set(key, { host, url })
      }
    }
  }
  return [...found.values()]
}

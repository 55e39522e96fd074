/**
 * Where a pod's traffic goes when all pods share the loopback address: which local port stands for which container port, for the
 * sidecar's HTTP proxy and for each service that is forwarded. Written on the Pod as annotations, which compile/ reads.
 */
import type { PodPlan } from '../plan/pod-plan.ts'
import type { PortBook } from '../ports.ts'

export interface PodAddresses {
  /** Container port (of a gateway: server port) -> where the proxy listens, and where the application does. Without a proxy both are one. */
  readonly inbound: ReadonlyMap<number, { readonly listen: number; readonly app: number }>
  readonly httpProxy: number | undefined
  /** "cache.shop.svc.cluster.local:6379" -> local port. */
  readonly forwards: ReadonlyMap<string, number>
}

/**
 * @param forwarded services ("host:port") that HTTP_PROXY does not reach
 * @param entrance where a gateway should listen for a server port, if it can
 */
export async function assignAddresses(
  plan: PodPlan,
  forwarded: Iterable<string>,
  ports: PortBook,
  entrance: (serverPort: number) => number,
): Promise<PodAddresses> {
  if (plan.proxy?.type === 'router') {
    const listens = async (port: number) => ports.portOf(`${plan.key} server ${port}`, entrance(port))
    const inbound = await Promise.all(
      plan.ports.map(async port => [port, await listens(port).then(listen => ({ listen, app: listen }))] as const),
    )
    return { inbound: new Map(inbound), httpProxy: undefined, forwards: new Map() }
  }
  const portOf = (purpose: string) => ports.portOf(`${plan.key} ${purpose}`)
  const hasSidecar = plan.proxy?.type === 'sidecar'
  const inbound = new Map(
    await Promise.all(
      plan.ports.map(async number => {
        const app = await portOf(`app ${number}`)
        return [number, { listen: hasSidecar ? await portOf(`inbound ${number}`) : app, app }] as const
      }),
    ),
  )
  if (!hasSidecar) return { inbound, httpProxy: undefined, forwards: new Map() }
  const forwards = new Map(
    await Promise.all([...forwarded].map(async service => [service, await portOf(`to ${service}`)] as const)),
  )
  return { inbound, httpProxy: await portOf('http proxy'), forwards }
}

export function addressAnnotations({ inbound, httpProxy, forwards }: PodAddresses): Record<string, string> {
  return {
    'mizzen.dev/capture': 'ports',
    'mizzen.dev/inbound': JSON.stringify(Object.fromEntries(inbound)),
    ...(httpProxy === undefined ? {} : { 'mizzen.dev/http-proxy': String(httpProxy) }),
    ...(forwards.size === 0 ? {} : { 'mizzen.dev/forwards': JSON.stringify(Object.fromEntries(forwards)) }),
  }
}

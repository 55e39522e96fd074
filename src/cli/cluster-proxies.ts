/** The proxies of a cluster's pods, for verbs that ask all of them. */
import type { ApiServer } from '../kubernetes/client/api-server.ts'
import { listAt, textAt } from '../kubernetes/client/raw-object.ts'
import type { AskedProxy } from '../run/denials/find-denial.ts'
import { type ClusterValues, withProxyAdmin } from './cluster-pods.ts'
import type { Io } from './io.ts'

const PROXY = 'istio-proxy'

/** @param namespace undefined: all of them */
export async function clusterProxies(
  server: ApiServer,
  namespace: string | undefined,
  values: ClusterValues,
  io: Io,
): Promise<AskedProxy[]> {
  const path = namespace === undefined ? '/api/v1/pods' : `/api/v1/namespaces/${namespace}/pods`
  const pods = listAt(await server.json({ path }), 'items')
  return pods.flatMap((pod): AskedProxy[] => {
    const containers = [...listAt(pod, 'spec', 'containers'), ...listAt(pod, 'spec', 'initContainers')]
    if (textAt(pod, 'status', 'phase') !== 'Running' || !containers.some(one => textAt(one, 'name') === PROXY)) return []
    const name = { namespace: textAt(pod, 'metadata', 'namespace'), pod: textAt(pod, 'metadata', 'name') }
    const admin = (page: string) => withProxyAdmin(name, values, io, async get => JSON.stringify(await get(page)))
    // Which engine it runs is only known by asking it: an Envoy has no such page, and says so.
    return [{ name: `${name.namespace}/${name.pod}`, engine: 'mizzen', admin }]
  })
}

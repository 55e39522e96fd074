/**
 * Many sidecars' xDS clients in one process, each in a namespace of its own: subscribe as a sidecar does to clusters and listeners, and to what
 * these need. Keep no resources.
 *
 * usage: node bench/sidecar-clients.ts SOCKET FIRST COUNT apart|inside
 */
import { AdsClient } from '../src/xds/client/ads-client.ts'
import type { Update } from '../src/xds/client/client.ts'
import { Node } from '../src/xds/gen/envoy/config/core/v3/base.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE, VIRTUAL_HOST } from '../src/xds/wire/type-url.ts'

const [path = '', first = '', count = '', hosts = ''] = process.argv.slice(2)

for (let i = Number(first); i < Number(first) + Number(count); i++) {
  const id = `sidecar~10.200.${i >> 8}.${i & 255}~pod-${i}.ns-${i}~ns-${i}.svc.cluster.local`
  const client: AdsClient = new AdsClient({
    address: { path },
    protocol: 'delta',
    node: Node.fromPartial({ id, metadata: { NAMESPACE: `ns-${i}`, VIRTUAL_HOSTS: hosts } }),
    apply(type, update) {
      // A cluster's endpoints have its name, and a listener for all services of a port names the table of that port.
      if (type === CLUSTER) follow(client, ENDPOINT, update)
      if (type === LISTENER) follow(client, ROUTE, { ...update, updated: update.updated.map(tableOf) })
      if (type === ROUTE && hosts === 'apart') client.subscribe(VIRTUAL_HOST, ['*'])
      return undefined
    },
  })
  client.subscribe(CLUSTER, ['*'])
  client.subscribe(LISTENER, ['*'])
  client.start()
}

/** "0.0.0.0_80" -> "80". */
function tableOf<Resource extends { readonly name: string }>(listener: Resource): Resource {
  return { ...listener, name: listener.name.slice(listener.name.lastIndexOf('_') + 1) }
}

function follow(client: AdsClient, type: string, { updated, removed }: Update): void {
  client.subscribe(
    type,
    updated.map(resource => resource.name),
  )
  client.unsubscribe(type, removed)
}

/**
 * Many sidecars' xDS clients in one process: subscribe to clusters and listeners, and by name to what these need. Keeps no resources.
 *
 * usage: node bench/xds-clients.ts SOCKET COUNT DELTA_OR_SOTW NAME
 */
import { AdsClient } from '../src/xds/client/ads-client.ts'
import type { Update } from '../src/xds/client/client.ts'
import { Node } from '../src/xds/gen/envoy/config/core/v3/base.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE } from '../src/xds/wire/type-url.ts'

const [path = '', count = '', protocol = '', name = ''] = process.argv.slice(2)

for (let i = 0; i < Number(count); i++) {
  const client: AdsClient = new AdsClient({
    address: { path },
    protocol: protocol === 'sotw' ? 'sotw' : 'delta',
    node: Node.fromPartial({ id: `${name}-${i}` }),
    apply(type, update) {
      // A cluster's endpoints and a listener's route tables have its name, or begin with it.
      if (type === CLUSTER) follow(client, ENDPOINT, update)
      if (type === LISTENER) follow(client, ROUTE, update)
      return undefined
    },
  })
  client.subscribe(CLUSTER, ['*'])
  client.subscribe(LISTENER, ['*'])
  client.start()
}

function follow(client: AdsClient, type: string, { updated, removed }: Update): void {
  client.subscribe(
    type,
    updated.map(resource => resource.name),
  )
  client.unsubscribe(type, removed)
}

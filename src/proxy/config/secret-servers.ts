/** Connections to the SDS servers that static clusters of the bootstrap name, made when the first secret is asked for there. */
import { AdsClient } from '../../xds/client/ads-client.ts'
import type { Rejections, Update } from '../../xds/client/client.ts'
import type { Bootstrap } from '../../xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import type { Node } from '../../xds/gen/envoy/config/core/v3/base.ts'
import type { Log } from '../context.ts'
import { clusterAddress } from './ads.ts'

export interface SdsServersOptions {
  readonly bootstrap: Bootstrap
  readonly node: Node
  readonly log: Log
  readonly apply: (cluster: string, update: Update) => Rejections | undefined
}

export class SdsServers {
  readonly #options: SdsServersOptions
  readonly #clients = new Map<string, AdsClient>()

  constructor(options: SdsServersOptions) {
    this.#options = options
  }

  /** @throws when the bootstrap has no such cluster */
  of(cluster: string): AdsClient {
    const found = this.#clients.get(cluster)
    if (found) return found
    const { bootstrap, node, log, apply } = this.#options
    const client = new AdsClient({
      address: clusterAddress(bootstrap, cluster),
      service: 'sds',
      // What every SDS server speaks; some do not know the other.
      protocol: 'sotw',
      node,
      apply: (_type, update) => apply(cluster, update),
      onConnection: state => {
        if (!state.connected)
          log('warning', 'sds', `no secrets from "${cluster}": ${state.reason}; tries again in ${Math.round(state.retryMs)} ms`)
      },
    })
    this.#clients.set(cluster, client)
    client.start()
    return client
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
  }
}

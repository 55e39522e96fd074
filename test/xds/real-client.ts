/** The sidecar's client with somebody who keeps what it applies. */
import { AdsClient } from '../../src/xds/client/ads-client.ts'
import type { ConnectionState, Rejections, ServerAddress, Update } from '../../src/xds/client/client.ts'
import { Node } from '../../src/xds/gen/envoy/config/core/v3/base.ts'
import { until } from './event-log.ts'

export interface KeepingClientOptions {
  readonly address: ServerAddress
  readonly protocol: 'delta' | 'sotw'
  readonly id?: string
  readonly refuse?: (type: string, update: Update) => Rejections | undefined
}

export class KeepingClient {
  readonly client: AdsClient
  /** Versions by `type name`. */
  readonly has = new Map<string, string>()
  readonly states: ConnectionState[] = []
  /** Calls of `apply`. */
  applied = 0

  constructor({ address, protocol, id = 'n', refuse }: KeepingClientOptions) {
    this.client = new AdsClient(
      {
        address,
        protocol,
        node: Node.fromPartial({ id, userAgentName: 'mizzen' }),
        apply: (type, update) => {
          const rejections = refuse?.(type, update)
          if (rejections) return rejections
          this.applied++
          for (const { name, version } of update.updated) this.has.set(`${type} ${name}`, version)
          for (const name of update.removed) this.has.delete(`${type} ${name}`)
          return undefined
        },
        onConnection: state => this.states.push(state),
      },
      // Full jitter at its luckiest: reconnects at once.
      { random: () => 0.999 },
    )
  }

  get connected(): boolean {
    return this.states.at(-1)?.connected ?? false
  }

  names(type: string): string[] {
    return [...this.has.keys()]
      .filter(key => key.startsWith(`${type} `))
      .map(key => key.slice(type.length + 1))
      .sort()
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    await until(async () => condition(), what)
  }
}

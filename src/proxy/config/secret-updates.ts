/**
 * Secrets on their way into use: subscribed to where listeners and clusters refer to them, put into their slots when they come. Over ADS like everything
 * else, from SDS servers, or from the identity of this process.
 */
import { ROOTS_SECRET, readRootsSecret } from '../../identity/workload/secrets.ts'
import type { Rejections, Update } from '../../xds/client/client.ts'
import { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import { SECRET } from '../../xds/wire/type-url.ts'
import type { ClusterSet } from '../cluster/cluster-set.ts'
import { checkSecret } from '../tls/check-secret.ts'
import type { SecretOrigin, SecretSlot, Secrets } from '../tls/secrets.ts'
import type { ListenerSet } from './listener-set.ts'
import type { ResourceStore } from './resource-store.ts'

/** Who fetches what is subscribed to. */
export interface Subscriptions {
  subscribe(type: string, names: Iterable<string>): void
  unsubscribe(type: string, names: Iterable<string>): void
}

/** Where secrets come from. */
export interface SecretServers {
  readonly ads: Subscriptions
  /** Who fetches those of an SDS cluster; undefined: they come by themselves. @throws when there is no such cluster in the bootstrap */
  readonly cluster: (name: string) => Subscriptions | undefined
}

export interface SecretUpdateParts {
  readonly clusters: ClusterSet
  readonly listeners: ListenerSet
  readonly secrets: Secrets
  readonly store: ResourceStore
}

export class SecretUpdates {
  readonly #parts: SecretUpdateParts
  #servers: SecretServers | undefined
  #subscribed: ReadonlySet<SecretSlot> = new Set()
  #onTrust: ((roots: string, revoked: string) => void) | undefined

  constructor(parts: SecretUpdateParts) {
    this.#parts = parts
  }

  connect(servers: SecretServers): void {
    this.#servers = servers
    if (this.#onTrust) servers.ads.subscribe(SECRET, [ROOTS_SECRET])
    this.follow()
  }

  /** The control plane is asked what to trust, for an identity of this process. Before `connect`. */
  set onTrust(take: (roots: string, revoked: string) => void) {
    this.#onTrust = take
  }

  apply(origin: SecretOrigin, update: Update): Rejections | undefined {
    const { clusters, secrets, store, listeners } = this.#parts
    const rejections = new Map<string, string>()
    for (const resource of update.updated) {
      const { name, version } = resource
      const bytes = Buffer.from(resource.bytes)
      try {
        const secret = Secret.decode(bytes)
        if (this.#onTrust && origin.kind === 'ads' && name === ROOTS_SECRET) {
          // It comes back by the identity, which has the certificate that goes with it.
          checkSecret(secret)
          const trust = readRootsSecret(secret)
          if (trust) this.#onTrust(trust.roots, trust.revoked)
          continue
        }
        secrets.put(origin, secret)
        store.accepted(SECRET, { name, version, bytes, static: false, state: 'active' })
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        rejections.set(name, reason)
        store.refused(SECRET, { name, version, reason, bytes })
      }
    }
    // One that is gone stays in use, as in Envoy: connections with an old certificate are better than none.
    clusters.secretsCame()
    listeners.awaitedCame()
    return rejections.size > 0 ? rejections : undefined
  }

  /** A secret of this process's own identity, in the place of an SDS cluster. */
  putOwn(cluster: string, secret: Secret): void {
    const { clusters, secrets, store, listeners } = this.#parts
    secrets.putOwn(cluster, secret)
    const bytes = Secret.encode(secret).finish()
    store.accepted(SECRET, { name: secret.name, version: '', bytes, static: false, state: 'active' })
    clusters.secretsCame()
    listeners.awaitedCame()
  }

  /** Subscribes to what is newly referred to, and forgets what no longer is. */
  follow(): void {
    const { clusters, listeners, secrets, store } = this.#parts
    const needed = new Set([...listeners.neededSecrets(), ...clusters.neededSecrets()])
    secrets.keepOnly(needed)
    if (this.#servers === undefined) return
    for (const slot of needed) if (!this.#subscribed.has(slot)) this.#serverOf(slot)?.subscribe(SECRET, [slot.name])
    for (const slot of this.#subscribed) {
      if (needed.has(slot)) continue
      this.#serverOf(slot)?.unsubscribe(SECRET, [slot.name])
      store.removed(SECRET, slot.name)
    }
    this.#subscribed = needed
  }

  #serverOf({ origin }: SecretSlot): Subscriptions | undefined {
    return origin.kind === 'ads' ? this.#servers?.ads : this.#servers?.cluster(origin.cluster)
  }
}

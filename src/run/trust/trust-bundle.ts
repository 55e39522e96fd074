/**
 * What workloads are to trust now, and what no longer: the secret `ROOTCA`, as every proxy knows it. Whoever is connected hears of a change at once, on the
 * stream that its configuration comes by, or, for the agent beside an Envoy, by SDS alone. Only who asks for it by name gets it.
 */
import { createHash } from 'node:crypto'
import { ROOTS_SECRET, rootsSecret } from '../../identity/workload/secrets.ts'
import type { Node } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import type { Change, ResourceSet, ResourceSource, Snapshot } from '../../xds/server/source.ts'
import type { EncodedResource } from '../../xds/wire/resource.ts'
import { SECRET } from '../../xds/wire/type-url.ts'

const NOTHING: ResourceSet = { get: () => undefined, values: () => [] }

export class TrustBundle {
  readonly #listeners = new Set<(change: Change) => void>()
  #resource: EncodedResource | undefined
  /** One set stays one set until the trust changes. */
  #sets = new WeakMap<ResourceSet, ResourceSet>()

  /** @param roots PEM @param revoked PEM; '' when nothing is */
  put(roots: string, revoked: string): void {
    const bytes = Secret.encode(rootsSecret(roots, revoked)).finish()
    const version = createHash('sha1').update(bytes).digest('base64url')
    if (version === this.#resource?.version) return
    this.#resource = { name: ROOTS_SECRET, version, bytes }
    this.#sets = new WeakMap()
    for (const listener of this.#listeners) listener('all')
  }

  /** Nothing but the trust. */
  get alone(): ResourceSource {
    return this.within({ resolve: () => new Map(), subscribe: () => () => {} })
  }

  /** The trust beside all that a source has. */
  within(source: ResourceSource): ResourceSource {
    return {
      resolve: (node: Node) => {
        const snapshot = source.resolve(node)
        return snapshot && this.#with(snapshot)
      },
      subscribe: listener => {
        const unsubscribe = source.subscribe(listener)
        this.#listeners.add(listener)
        return () => {
          this.#listeners.delete(listener)
          unsubscribe()
        }
      },
    }
  }

  #with(snapshot: Snapshot): Snapshot {
    const secrets = this.#set(snapshot.get(SECRET) ?? NOTHING)
    return { get: type => (type === SECRET ? secrets : snapshot.get(type)) }
  }

  #set(secrets: ResourceSet): ResourceSet {
    const known = this.#sets.get(secrets)
    if (known !== undefined) return known
    const trust = this.#resource
    const made: ResourceSet = {
      get: name => (name === ROOTS_SECRET ? trust : secrets.get(name)),
      values: () => secrets.values(),
    }
    this.#sets.set(secrets, made)
    return made
  }
}

/**
 * Word of what to trust and what no longer, from the control plane to the agent, without waiting for the next certificate: by SDS, on the connection that
 * the agent keeps for its Envoy. The names for DNS questions come the same way. A proxy of mizzen's hears both on its own stream of configuration.
 */
import { ROOTS_SECRET, readRootsSecret } from '../../identity/workload/secrets.ts'
import type { WorkloadIdentity } from '../../identity/workload/workload-identity.ts'
import { checkSecret } from '../../proxy/tls/check-secret.ts'
import { AdsClient } from '../../xds/client/ads-client.ts'
import type { Rejections, Update } from '../../xds/client/client.ts'
import type { Node } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import { NAME_TABLE, SECRET } from '../../xds/wire/type-url.ts'

export type FollowNames = (update: Update) => Rejections | undefined

/**
 * @param path the agent's own socket towards the control plane
 * @param onNames of the NameTable; undefined: nobody asks
 * @returns closes it
 */
export function followTrust(path: string, node: Node, identity: WorkloadIdentity, onNames?: FollowNames): () => void {
  const client = new AdsClient({
    address: { path },
    service: 'sds',
    protocol: 'delta',
    node,
    apply(type, update) {
      if (type === NAME_TABLE) return onNames?.(update)
      const { updated } = update
      const refused = new Map<string, string>()
      for (const { name, bytes } of updated) {
        try {
          const secret = Secret.decode(bytes)
          checkSecret(secret)
          const trust = readRootsSecret(secret)
          if (trust) identity.trust(trust.roots, trust.revoked)
        } catch (error) {
          refused.set(name, error instanceof Error ? error.message : String(error))
        }
      }
      return refused.size > 0 ? refused : undefined
    },
  })
  client.subscribe(SECRET, [ROOTS_SECRET])
  if (onNames !== undefined) client.subscribe(NAME_TABLE, ['*'])
  client.start()
  return () => client.close()
}

/** The inbound side of a sidecar, encoded; made again only when its ports or what they lead to changed. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import { Cluster } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { inboundClusterFor } from './cluster-inbound.ts'
import { withDenialNotes } from './denial-notes.ts'
import type { Encoder } from './encoded.ts'
import type { InboundPort } from './inbound-port.ts'
import { inboundListeners } from './listeners-inbound.ts'
import type { Security } from './security.ts'

export interface InboundResources {
  readonly listeners: readonly EncodedResource[]
  readonly clusters: readonly EncodedResource[]
}

const memo = new IdentityMemo<InboundResources>()

export function inboundResources(
  encoder: Encoder,
  security: Security,
  proxy: MeshProxy,
  ports: readonly InboundPort[],
  ipv6: boolean,
): InboundResources {
  return memo.get([encoder, security, proxy.capture.kind, proxy.denialNotes, ipv6, ...ports.flatMap(partsOf)], () => {
    const clusters = ports.map(port => inboundClusterFor(security.settings, port, ipv6))
    const listeners = withDenialNotes(inboundListeners(security, proxy, ports), security, proxy)
    return {
      listeners: listeners.map(listener => encoder.encode(Listener, listener.name, listener)),
      clusters: clusters.map(cluster => encoder.encode(Cluster, cluster.name, cluster)),
    }
  })
}

/** Everything that tells one port from another. */
function partsOf(inbound: InboundPort): unknown[] {
  const { service, services, pool, rateLimits, target, protocol, port, listen, endpoint, origin } = inbound
  const addresses = [listen?.address, listen?.port, endpoint?.address, endpoint?.port]
  return [service, pool, ...services, ...rateLimits, target, protocol, port?.number, ...addresses, service ? '' : origin.object]
}

/** Which addresses of a name in DNS a proxy can use. */
import { Cluster_DnsLookupFamily } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { resolvesNames } from './cluster-inputs.ts'
import type { View } from './view.ts'

/** Addresses of a family that the proxy itself lacks would only fail. On one machine's loopback nothing is known, so IPv4 comes first. */
export function lookupFamily(view: View): Cluster_DnsLookupFamily {
  if (view.capture === 'ports') return Cluster_DnsLookupFamily.V4_PREFERRED
  if (view.family === 'both') return Cluster_DnsLookupFamily.ALL
  return view.family === 'v6' ? Cluster_DnsLookupFamily.V6_ONLY : Cluster_DnsLookupFamily.V4_ONLY
}

/** For connection managers, which resolve names only where there are clusters for it. */
export function dynamicDnsFamily(view: View): Cluster_DnsLookupFamily | undefined {
  return resolvesNames(view) ? lookupFamily(view) : undefined
}

/**
 * Names to addresses, for clusters that are configured by name. A seam, so that tests bring their own zone.
 */
import { lookup } from 'node:dns'
import { Cluster_DnsLookupFamily } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'

export interface Resolver {
  /**
   * @param done called once, later; with at least one address, or with an error. Not at all after the returned function was called
   * @returns cancels
   */
  resolve(name: string, family: Cluster_DnsLookupFamily, done: ResolveDone): () => void
}

export type ResolveDone = (error: Error | undefined, addresses: readonly string[]) => void

/** The system's resolver: /etc/hosts and what else it is configured with, as applications on this machine see it. It tells no TTL. */
export const systemResolver: Resolver = {
  resolve(name, family, done) {
    let cancelled = false
    lookup(name, { all: true, order: 'verbatim' }, (error, found) => {
      if (cancelled) return
      const addresses = error ? [] : ofFamily(found, family)
      if (addresses.length > 0) done(undefined, addresses)
      else done(error ?? new Error(`Cannot resolve "${name}": it has no address of the wanted family`), [])
    })
    return () => {
      cancelled = true
    }
  },
}

/** Envoy's rules: AUTO prefers IPv6 and V4_PREFERRED IPv4, but either takes the other when there is nothing else. */
export function ofFamily(found: readonly { address: string; family: number }[], family: Cluster_DnsLookupFamily): string[] {
  const v4 = found.filter(entry => entry.family === 4).map(entry => entry.address)
  const v6 = found.filter(entry => entry.family === 6).map(entry => entry.address)
  switch (family) {
    case Cluster_DnsLookupFamily.V4_ONLY:
      return v4
    case Cluster_DnsLookupFamily.V6_ONLY:
      return v6
    case Cluster_DnsLookupFamily.V4_PREFERRED:
      return v4.length > 0 ? v4 : v6
    case Cluster_DnsLookupFamily.ALL:
      return [...v4, ...v6]
    default:
      return v6.length > 0 ? v6 : v4
  }
}

/** How likely each host is to be picked: the exact form of what pickers do by chance, for `explain`. Nothing on a request's way asks it. */
import type { Host, HostOdds } from './host.ts'

export function byWeight(hosts: readonly { readonly host: Host; readonly weight: number }[]): HostOdds[] {
  const total = hosts.reduce((sum, { weight }) => sum + weight, 0)
  return total > 0 ? hosts.map(({ host, weight }) => ({ host, share: weight / total })) : []
}

/** Chances after another choice, such as a priority or locality: each list counts by its own share. A host keeps one entry. */
export function combined(parts: readonly { readonly share: number; readonly odds: readonly HostOdds[] }[]): HostOdds[] {
  const shares = new Map<Host, number>()
  for (const { share, odds } of parts)
    for (const entry of odds) shares.set(entry.host, (shares.get(entry.host) ?? 0) + share * entry.share)
  return [...shares].flatMap(([host, share]) => (share > 0 ? [{ host, share }] : []))
}

/**
 * Filter chains of one listener whose conditions do not overlap: Envoy refuses a listener in which one connection could belong to two of
 * them. The first chain keeps a server name or address range that several ask for.
 */

import type { CidrRange } from '../gen/envoy/config/core/v3/address.ts'
import { FilterChain } from '../gen/envoy/config/listener/v3/listener_components.ts'

export function distinctChains(chains: readonly FilterChain[]): FilterChain[] {
  const taken = new Set<string>()
  return chains.flatMap(chain => {
    const kept = withoutTaken(chain, taken)
    return kept ? [kept] : []
  })
}

function withoutTaken(chain: FilterChain, taken: Set<string>): FilterChain | undefined {
  const match = chain.filterChainMatch ?? FilterChain.fromPartial({ filterChainMatch: {} }).filterChainMatch
  if (!match) return undefined
  const rest = [match.destinationPort, match.transportProtocol, [...match.applicationProtocols].sort().join()].join(' ')
  const isFree = (range: string, name: string) => !taken.has(`${rest} ${range} ${name}`)
  const ranges = match.prefixRanges.length > 0 ? match.prefixRanges.map(rangeKey) : ['']
  const names = match.serverNames.filter(name => ranges.every(range => isFree(range, name)))
  const free = match.serverNames.length > 0 ? ranges : ranges.filter(range => isFree(range, ''))
  if (free.length === 0 || (match.serverNames.length > 0 && names.length === 0)) return undefined
  for (const range of free) for (const name of names.length > 0 ? names : ['']) taken.add(`${rest} ${range} ${name}`)
  if (!chain.filterChainMatch) return chain
  const prefixRanges = match.prefixRanges.filter(range => free.includes(rangeKey(range)))
  return { ...chain, filterChainMatch: { ...match, serverNames: names, prefixRanges } }
}

function rangeKey({ addressPrefix, prefixLen }: CidrRange): string {
  return `${addressPrefix}/${prefixLen ?? 0}`
}

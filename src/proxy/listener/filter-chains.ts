/**
 * Builds the filter chains of a listener, and takes those over from the version before that did not change.
 */
import { createHash } from 'node:crypto'
import type { Listener as Config } from '../../xds/gen/envoy/config/listener/v3/listener.ts'
import { FilterChain as ChainConfig } from '../../xds/gen/envoy/config/listener/v3/listener_components.ts'
import type { ProxyContext } from '../context.ts'
import { FilterChain } from './filter-chain.ts'
import { FilterChainMatcher } from './filter-chain-match.ts'
import type { BuildNetworkFilter } from './network-filters.ts'
import { readTlsTermination } from './tls-termination.ts'

/** Envoy's default of per_connection_buffer_limit_bytes. */
const BUFFER_LIMIT = 1024 * 1024

export interface Chains {
  readonly chains: readonly FilterChain[]
  readonly matcher: FilterChainMatcher<FilterChain>
  readonly defaultChain: FilterChain | undefined
}

/** @throws naming the filter chain that can't be used */
export function buildChains(
  config: Config,
  context: ProxyContext,
  build: BuildNetworkFilter,
  before: readonly FilterChain[],
): Chains {
  const bufferLimit = config.perConnectionBufferLimitBytes ?? BUFFER_LIMIT
  const kept = new Map(before.map(chain => [chain.key, chain]))
  const make = (chain: ChainConfig, label: string): FilterChain => {
    const key = keyOf(chain, bufferLimit)
    const same = kept.get(key)
    if (same !== undefined) {
      // Only one chain can have it.
      kept.delete(key)
      return same
    }
    try {
      const filter = build(chain.filters, { context, bufferLimit, direction: config.trafficDirection })
      return new FilterChain(chain.name, key, readTlsTermination(chain.transportSocket, context.secrets), filter, context.drain)
    } catch (error) {
      throw new Error(`filter chain ${label}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const entries = config.filterChains.map((chain, i) => {
    const label = chain.name === '' ? `filter_chains[${i}]` : `"${chain.name}"`
    return { match: chain.filterChainMatch, name: label, chain: make(chain, label) }
  })
  if (config.filterChainMatcher !== undefined)
    throw new Error('filter_chain_matcher is not supported, expected filter_chain_match in each chain')
  const defaultChain = config.defaultFilterChain && make(config.defaultFilterChain, 'default_filter_chain')
  if (entries.length === 0 && defaultChain === undefined) throw new Error('it has no filter chain')
  const chains = entries.map(entry => entry.chain)
  if (defaultChain !== undefined) chains.push(defaultChain)
  return { chains, matcher: new FilterChainMatcher(entries), defaultChain }
}

function keyOf(chain: ChainConfig, bufferLimit: number): string {
  return createHash('sha256').update(ChainConfig.encode(chain).finish()).update(String(bufferLimit)).digest('base64')
}

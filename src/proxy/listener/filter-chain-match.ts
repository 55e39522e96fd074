/**
 * Chooses the filter chain of a connection by Envoy's rules: the criteria are looked at one after the other, each keeps only the chains
 * with the most specific match, and there is no way back to a less specific one.
 * Source: envoy.config.listener.v3.FilterChainMatch.
 */
import { Cidr } from '../../lib/cidr.ts'
import type { CidrRange } from '../../xds/gen/envoy/config/core/v3/address.ts'
import {
  type FilterChainMatch,
  FilterChainMatch_ConnectionSourceType as SourceType,
} from '../../xds/gen/envoy/config/listener/v3/listener_components.ts'
import type { ConnectionFacts } from './connection.ts'

/** How well one criterion of a chain fits: undefined: it does not; else the larger, the more specific. 0: the chain does not ask. */
type Specificity = number | undefined

interface Criteria {
  readonly destinationPort: number | undefined
  readonly destinationRanges: readonly Cidr[]
  /** Exact names, or ".example.com" for "*.example.com". */
  readonly serverNames: readonly string[]
  readonly transportProtocol: string
  readonly applicationProtocols: readonly string[]
  readonly directSourceRanges: readonly Cidr[]
  readonly sourceType: SourceType
  readonly sourceRanges: readonly Cidr[]
  readonly sourcePorts: readonly number[]
}

/** In Envoy's order; CRITERIA names them. */
const STEPS: readonly ((criteria: Criteria, facts: ConnectionFacts) => Specificity)[] = [
  ({ destinationPort }, facts) => (destinationPort === undefined ? 0 : destinationPort === facts.localPort ? 1 : undefined),
  ({ destinationRanges }, facts) => longestRange(destinationRanges, facts.localAddress),
  ({ serverNames }, facts) => longestName(serverNames, facts.serverName),
  ({ transportProtocol }, facts) =>
    transportProtocol === '' ? 0 : transportProtocol === (facts.transportProtocol || 'raw_buffer') ? 1 : undefined,
  ({ applicationProtocols }, facts) => {
    if (applicationProtocols.length === 0) return 0
    return facts.applicationProtocols.some(protocol => applicationProtocols.includes(protocol)) ? 1 : undefined
  },
  ({ directSourceRanges }, facts) => longestRange(directSourceRanges, facts.directAddress),
  ({ sourceType }, facts) => {
    if (sourceType === SourceType.ANY) return 0
    const local = isLoopback(facts.remoteAddress) || facts.remoteAddress === facts.localAddress
    return local === (sourceType === SourceType.SAME_IP_OR_LOOPBACK) ? 1 : undefined
  },
  ({ sourceRanges }, facts) => longestRange(sourceRanges, facts.remoteAddress),
  ({ sourcePorts }, facts) => (sourcePorts.length === 0 ? 0 : sourcePorts.includes(facts.remotePort) ? 1 : undefined),
]

/** What the steps look at, in their order, as people would say it. */
export const CRITERIA = [
  'destination port',
  'destination address',
  'server name',
  'transport protocol',
  'application protocol',
  'direct source address',
  'source type',
  'source address',
  'source port',
] as const

interface Entry<Chain> {
  readonly criteria: Criteria
  readonly chain: Chain
}

/** Two filter chains with the same criteria: the listener is refused. */
export class AmbiguousChains extends Error {}

export class FilterChainMatcher<Chain> {
  readonly #entries: readonly Entry<Chain>[]

  /** @throws when a criterion can't be read, or two chains have the same criteria */
  constructor(chains: readonly { readonly match: FilterChainMatch | undefined; readonly name: string; readonly chain: Chain }[]) {
    const known = new Map<string, string>()
    this.#entries = chains.map(({ match, name, chain }) => {
      const criteria = readCriteria(match)
      for (const key of keysOf(criteria)) {
        const other = known.get(key)
        if (other !== undefined) throw new AmbiguousChains(`filter chains "${other}" and "${name}" match the same connections`)
        known.set(key, name)
      }
      return { criteria, chain }
    })
  }

  /**
   * @param told for `explain`: after each criterion (an index into CRITERIA) which chains are left, and which were just before
   * @returns undefined: no chain matches (then the default chain counts)
   */
  match(
    facts: ConnectionFacts,
    told?: (criterion: number, left: readonly Chain[], before: readonly Chain[]) => void,
  ): Chain | undefined {
    let left = this.#entries
    for (let i = 0; i < STEPS.length; i++) {
      const step = STEPS[i] ?? notAsked
      let best = -1
      let kept: Entry<Chain>[] = []
      for (const entry of left) {
        const specificity = step(entry.criteria, facts)
        if (specificity === undefined || specificity < best) continue
        kept = specificity > best ? [entry] : [...kept, entry]
        best = specificity
      }
      if (told !== undefined) told(i, chainsOf(kept), chainsOf(left))
      left = kept
      if (left.length === 0) return undefined
    }
    return left[0]?.chain
  }
}

function notAsked(): Specificity {
  return 0
}

function chainsOf<Chain>(entries: readonly Entry<Chain>[]): Chain[] {
  return entries.map(entry => entry.chain)
}

function readCriteria(match: FilterChainMatch | undefined): Criteria {
  if (match?.addressSuffix) throw new Error('filter_chain_match.address_suffix is not supported')
  const names = (match?.serverNames ?? []).map(name => {
    if (name === '*') throw new Error('filter_chain_match.server_names has "*", expected none for any name')
    if (name.lastIndexOf('*') > 0)
      throw new Error(`filter_chain_match.server_names has "${name}", expected a wildcard only as "*." in front`)
    return (name.startsWith('*.') ? name.slice(1) : name).toLowerCase()
  })
  return {
    destinationPort: match?.destinationPort,
    destinationRanges: ranges(match?.prefixRanges ?? []),
    serverNames: names,
    transportProtocol: match?.transportProtocol ?? '',
    applicationProtocols: match?.applicationProtocols ?? [],
    directSourceRanges: ranges(match?.directSourcePrefixRanges ?? []),
    sourceType: match?.sourceType ?? SourceType.ANY,
    sourceRanges: ranges(match?.sourcePrefixRanges ?? []),
    sourcePorts: match?.sourcePorts ?? [],
  }
}

function ranges(list: readonly CidrRange[]): Cidr[] {
  return list.map(({ addressPrefix, prefixLen }) => new Cidr(addressPrefix, prefixLen ?? 0))
}

/** Prefix length + 1 of the longest range around the address, so that 0 stays "does not ask". */
function longestRange(list: readonly Cidr[], address: string): Specificity {
  if (list.length === 0) return 0
  let best: Specificity
  for (const range of list) if (range.contains(address) && range.length + 1 > (best ?? 0)) best = range.length + 1
  return best
}

/** An exact name beats every wildcard; among wildcards the longest wins. */
function longestName(names: readonly string[], asked: string): Specificity {
  if (names.length === 0) return 0
  let best: Specificity
  for (const name of names) {
    const fits = name.startsWith('.') ? asked.endsWith(name) && asked.length > name.length : name === asked && asked !== ''
    const specificity = name.startsWith('.') ? name.length : 1000
    if (fits && specificity > (best ?? 0)) best = specificity
  }
  return best
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')
}

/** One key for each combination of criteria: two chains with a common key could not be told apart. */
function* keysOf(criteria: Criteria): Iterable<string> {
  const any = <T>(list: readonly T[]): readonly (T | undefined)[] => (list.length === 0 ? [undefined] : list)
  for (const range of any(criteria.destinationRanges))
    for (const name of any(criteria.serverNames))
      for (const protocol of any(criteria.applicationProtocols))
        for (const direct of any(criteria.directSourceRanges))
          for (const source of any(criteria.sourceRanges))
            for (const port of any(criteria.sourcePorts))
              yield JSON.stringify([
                criteria.destinationPort,
                range?.key,
                name,
                criteria.transportProtocol,
                protocol,
                direct?.key,
                criteria.sourceType,
                source?.key,
                port,
              ])
}

/** What tells requests apart for rate limits: descriptors, which Envoy's rate limit actions make of a request. */
import { isIP } from 'node:net'
import { fromByteText } from '../../../lib/byte-text.ts'
import type { RateLimit, RateLimit_Action } from '../../../xds/gen/envoy/config/route/v3/route_components.ts'
import type {
  RateLimitConfig,
  RateLimitConfig_Action,
} from '../../../xds/gen/envoy/extensions/filters/http/ratelimit/v3/rate_limit.ts'
import { Descriptor as Expression } from '../../../xds/gen/envoy/extensions/rate_limit_descriptors/expr/v3/expr.ts'
import type { Any } from '../../../xds/gen/google/protobuf/any.ts'
import { messageName } from '../../../xds/wire/type-url.ts'
import type { RequestHead } from '../../http/stream.ts'
import { compileRequestHeaderMatcher } from '../../route/header-match.ts'
import { compileQueryMatcher } from '../../route/query-match.ts'
import { fieldReader } from '../../route/request-field.ts'

export interface Entry {
  readonly key: string
  readonly value: string
}

export type Descriptor = readonly Entry[]

/** What of a request the actions look at. */
export interface Counted {
  readonly head: RequestHead
  readonly connection: { readonly peer: { readonly uriSans: readonly string[] } | undefined }
  /** `remoteAddress`: the original client, after x-forwarded-for. */
  readonly record: { readonly remoteAddress: string }
  readonly upstreamCluster: string | undefined
}

export interface DescriptorRule {
  /** Filters of the same stage obey it. */
  readonly stage: number
  /** undefined: an action found nothing, and the request has no such descriptor. */
  readonly describe: (request: Counted) => Descriptor | undefined
}

/** skip: the descriptor does without the entry. none: there is no descriptor. */
type Action = (request: Counted) => Entry | 'skip' | 'none'

type Rule = RateLimit | RateLimitConfig
type Specifier = NonNullable<RateLimit_Action['actionSpecifier'] | RateLimitConfig_Action['actionSpecifier']>

/** @throws on what cannot be honoured */
export function compileDescriptors(rules: readonly Rule[]): readonly DescriptorRule[] {
  return rules.map(({ stage, limit, actions }) => {
    if (limit) throw new Error('rate_limits.limit is not supported')
    if (actions.length === 0) throw new Error('rate_limits has an entry without actions')
    const compiled = actions.map(({ actionSpecifier }) => compileAction(actionSpecifier))
    return { stage: stage ?? 0, describe: request => describe(compiled, request) }
  })
}

export function descriptorsOf(rules: readonly DescriptorRule[], request: Counted): readonly Descriptor[] {
  return rules.flatMap(({ describe }) => {
    const descriptor = describe(request)
    return descriptor === undefined ? [] : [descriptor]
  })
}

function describe(actions: readonly Action[], request: Counted): Descriptor | undefined {
  const entries: Entry[] = []
  for (const action of actions) {
    const entry = action(request)
    if (entry === 'none') return undefined
    if (entry !== 'skip') entries.push(entry)
  }
  return entries.length === 0 ? undefined : entries
}

function compileAction(specifier: Specifier | undefined): Action {
  switch (specifier?.$case) {
    case 'genericKey': {
      const entry = { key: specifier.value.descriptorKey || 'generic_key', value: specifier.value.descriptorValue }
      return () => entry
    }
    case 'requestHeaders': {
      const { headerName, descriptorKey, skipIfAbsent } = specifier.value
      const read = fieldReader(headerName.toLowerCase())
      return ({ head }) => {
        const value = read(head)
        if (value) return { key: descriptorKey, value: fromByteText(value) }
        return skipIfAbsent ? 'skip' : 'none'
      }
    }
    case 'headerValueMatch': {
      const { headers, descriptorValue, expectMatch = true } = specifier.value
      const descriptorKey = 'descriptorKey' in specifier.value ? specifier.value.descriptorKey : ''
      const tests = headers.map(compileRequestHeaderMatcher)
      return whether(tests, expectMatch, { key: descriptorKey || 'header_match', value: descriptorValue })
    }
    case 'queryParameterValueMatch': {
      const { queryParameters, descriptorKey, descriptorValue, expectMatch = true } = specifier.value
      const tests = queryParameters.map(compileQueryMatcher)
      return whether(tests, expectMatch, { key: descriptorKey || 'query_match', value: descriptorValue })
    }
    case 'remoteAddress':
      return ({ record: { remoteAddress } }) =>
        isIP(remoteAddress) === 0 ? 'none' : { key: 'remote_address', value: remoteAddress }
    case 'destinationCluster':
      return ({ upstreamCluster }) =>
        upstreamCluster === undefined ? 'none' : { key: 'destination_cluster', value: upstreamCluster }
    case 'extension':
      return compileExtension(specifier.value.typedConfig)
    default:
      throw new Error(`rate limit action ${specifier?.$case ?? 'without a kind'} is not supported`)
  }
}

function whether(tests: readonly ((head: RequestHead) => boolean)[], expected: boolean, entry: Entry): Action {
  return ({ head }) => (tests.every(test => test(head)) === expected ? entry : 'none')
}

const EXPRESSION = 'envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor'
/** What the control plane sends for a limit per caller. There is no CEL here: other expressions are refused. */
const PEER_IDENTITY = 'has(connection.uri_san_peer_certificate) ? connection.uri_san_peer_certificate : "none"'

function compileExtension(config: Any | undefined): Action {
  if (config === undefined || messageName(config.typeUrl) !== EXPRESSION)
    throw new Error(`rate limit action of type "${config?.typeUrl ?? ''}" is not known here`)
  const { descriptorKey: key, exprSpecifier } = Expression.decode(config.value)
  if (exprSpecifier?.$case !== 'text' || exprSpecifier.value !== PEER_IDENTITY)
    throw new Error(`rate limit action has an expression that is not supported, expected ${PEER_IDENTITY}`)
  return ({ connection }) => ({ key, value: connection.peer?.uriSans[0] ?? 'none' })
}

/**
 * envoy.config.route.v3.RouteMatch taken apart: the path criterion, which big tables are indexed by, and a test for all the rest.
 */
import { toByteText } from '../../lib/byte-text.ts'
import type { HeaderMatcher, QueryParameterMatcher, RouteMatch } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { MetadataMatcher } from '../../xds/gen/envoy/type/matcher/v3/metadata.ts'
import type { RequestHead } from '../http/stream.ts'
import { compileMetadataMatcher } from '../metadata/matcher.ts'
import type { RouteContext } from './decision.ts'
import { runtimeFraction } from './fraction.ts'
import { compileRequestHeaderMatcher } from './header-match.ts'
import { compileQueryMatcher } from './query-match.ts'
import { compileRegexTest } from './string-match.ts'

export type PathCriterion =
  | { readonly kind: 'exact' | 'prefix'; readonly value: string }
  | { readonly kind: 'test'; readonly test: (path: string) => boolean; readonly prefixLength: number | undefined }
  | { readonly kind: 'connect' }

export type RequestTest = (head: RequestHead, context: RouteContext) => boolean

export interface CompiledMatch {
  readonly path: PathCriterion
  /** undefined: the path decides alone. */
  readonly rest: RequestTest | undefined
}

/** One condition beside the path. */
export interface Condition {
  readonly of:
    | { readonly kind: 'fraction'; readonly fraction: number }
    | { readonly kind: 'header'; readonly matcher: HeaderMatcher }
    | { readonly kind: 'query'; readonly matcher: QueryParameterMatcher }
    | { readonly kind: 'metadata'; readonly matcher: MetadataMatcher }
    | { readonly kind: 'grpc' }
  readonly test: RequestTest
}

/** @throws on what cannot be honoured, with the reason */
export function compileRouteMatch(match: RouteMatch | undefined): CompiledMatch {
  if (!match) throw new Error('it has no match')
  const rest = all(compileConditions(match).map(condition => condition.test))
  if (match.tlsContext) throw new Error('match.tls_context is not supported')
  return { path: compilePath(match), rest }
}

/** The conditions beside the path one by one, in their order: `explain` asks which of them holds. @throws as compileRouteMatch() */
export function compileConditions(match: RouteMatch): Condition[] {
  const conditions: Condition[] = []
  if (match.runtimeFraction) {
    const fraction = runtimeFraction(match.runtimeFraction, 1)
    conditions.push({ of: { kind: 'fraction', fraction }, test: (_, context) => context.random() < fraction })
  }
  for (const matcher of match.headers)
    conditions.push({ of: { kind: 'header', matcher }, test: compileRequestHeaderMatcher(matcher) })
  for (const matcher of match.queryParameters)
    conditions.push({ of: { kind: 'query', matcher }, test: compileQueryMatcher(matcher) })
  for (const matcher of match.dynamicMetadata) {
    const test = compileMetadataMatcher(matcher)
    conditions.push({ of: { kind: 'metadata', matcher }, test: (_, context) => test(context.metadata) })
  }
  if (match.grpc) conditions.push({ of: { kind: 'grpc' }, test: isGrpcRequest })
  return conditions
}

/** Whether a route's path criterion holds. @param path without its query */
export function pathMatches(criterion: PathCriterion, path: string): boolean {
  switch (criterion.kind) {
    case 'exact':
      return path === criterion.value
    case 'prefix':
      return path.startsWith(criterion.value)
    case 'test':
      return criterion.test(path)
    case 'connect':
      return false
  }
}

/** content-type application/grpc, perhaps with a +suffix. */
export function isGrpcRequest(head: RequestHead): boolean {
  const type = head.headers.get('content-type')
  return type?.startsWith('application/grpc') === true && (type.length === 16 || type[16] === '+')
}

function compilePath(match: RouteMatch): PathCriterion {
  const specifier = match.pathSpecifier
  const caseSensitive = match.caseSensitive ?? true
  switch (specifier?.$case) {
    case 'prefix': {
      const prefix = toByteText(specifier.value)
      return caseSensitive ? { kind: 'prefix', value: prefix } : anyCasePrefix(prefix.toLowerCase())
    }
    case 'path': {
      const whole = toByteText(specifier.value)
      return caseSensitive ? { kind: 'exact', value: whole } : anyCasePath(whole.toLowerCase())
    }
    case 'pathSeparatedPrefix':
      return separatedPrefix(specifier.value, caseSensitive)
    case 'safeRegex':
      return { kind: 'test', test: compileRegexTest(specifier.value.regex), prefixLength: undefined }
    case 'connectMatcher':
      return { kind: 'connect' }
    case 'pathMatchPolicy':
      throw new Error(`match.path_match_policy "${specifier.value.name}" is not supported`)
    default:
      throw new Error(
        'match says nothing of the path, expected prefix, path, safe_regex, path_separated_prefix or connect_matcher',
      )
  }
}

function anyCasePrefix(prefix: string): PathCriterion {
  return { kind: 'test', test: path => path.toLowerCase().startsWith(prefix), prefixLength: prefix.length }
}

function anyCasePath(whole: string): PathCriterion {
  return { kind: 'test', test: path => path.toLowerCase() === whole, prefixLength: undefined }
}

/** `/api` stands for itself and for everything under `/api/`. */
function separatedPrefix(value: string, caseSensitive: boolean): PathCriterion {
  if (!/^[^?#]+[^?#/]$/.test(value))
    throw new Error(
      `match.path_separated_prefix is "${value}", expected at least two characters, none of "?#", and no "/" at the end`,
    )
  const prefix = toByteText(caseSensitive ? value : value.toLowerCase())
  const test = (path: string) => path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
  return { kind: 'test', test: caseSensitive ? test : path => test(path.toLowerCase()), prefixLength: prefix.length }
}

/** All of them, without an inner loop in the frequent cases. */
function all(tests: readonly RequestTest[]): RequestTest | undefined {
  const [first, second] = tests
  if (!first) return undefined
  if (!second) return first
  if (tests.length === 2) return (head, context) => first(head, context) && second(head, context)
  return (head, context) => {
    for (const test of tests) if (!test(head, context)) return false
    return true
  }
}

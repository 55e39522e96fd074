/** Conditions of routes, in words: what a rule wants, and what the request has instead. */

import type { RequestHead } from '../../proxy/http/stream.ts'
import type { RouteContext } from '../../proxy/route/decision.ts'
import { queryParameter } from '../../proxy/route/query-match.ts'
import { fieldReader, pathOnly } from '../../proxy/route/request-field.ts'
import type { Condition } from '../../proxy/route/route-match.ts'
import type { HeaderMatcher, RouteMatch } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { MetadataMatcher } from '../../xds/gen/envoy/type/matcher/v3/metadata.ts'
import type { StringMatcher } from '../../xds/gen/envoy/type/matcher/v3/string.ts'
import { JWT_FILTER } from '../../xds/resources/claims.ts'
import { percent } from './words.ts'

/** `path prefix "/api"` */
export function wantedPath({ pathSpecifier: specifier, caseSensitive }: RouteMatch): string {
  const anyCase = caseSensitive === false ? ' in any case' : ''
  switch (specifier?.$case) {
    case 'prefix':
      return specifier.value === '/' || specifier.value === '' ? 'any path' : `path prefix "${specifier.value}"${anyCase}`
    case 'path':
      return `path "${specifier.value}"${anyCase}`
    case 'pathSeparatedPrefix':
      return `path "${specifier.value}" or below`
    case 'safeRegex':
      return specifier.value.regex === '.*' ? 'any path' : `path ~ ${specifier.value.regex}`
    case 'connectMatcher':
      return 'CONNECT'
    default:
      return 'any path'
  }
}

/** `header x-user exact "ann"` */
export function wanted({ of }: Condition): string {
  switch (of.kind) {
    case 'header':
      return wantedHeader(of.matcher)
    case 'query': {
      const specifier = of.matcher.queryParameterMatchSpecifier
      const value =
        specifier?.$case === 'stringMatch' ? pattern(specifier.value) : specifier?.value === false ? 'absent' : 'present'
      return `query parameter ${of.matcher.name} ${value}`
    }
    case 'metadata':
      return wantedClaim(of.matcher)
    case 'grpc':
      return 'a gRPC request'
    case 'fraction':
      return `a share of ${percent(of.fraction)}`
  }
}

/** What the request has where a condition looks. */
export function found({ of }: Condition, head: RequestHead, { metadata }: RouteContext): string {
  switch (of.kind) {
    case 'header': {
      const value = fieldReader(of.matcher.name)(head)
      return value === undefined ? 'the request has none' : `the request has "${value}"`
    }
    case 'query': {
      const value = queryParameter(head.path, of.matcher.name)
      return value === undefined ? 'the request has none' : `the request has "${value}"`
    }
    case 'metadata': {
      const value = metadata?.at(of.matcher.filter, keysOf(of.matcher))
      return value === undefined ? 'no verified token has it' : `the token has ${JSON.stringify(value)}`
    }
    case 'grpc':
      return `the request has content-type ${head.headers.get('content-type') ?? 'none'}`
    case 'fraction':
      return 'chance decides'
  }
}

export function foundPath(head: RequestHead): string {
  return head.path === '' ? 'the request has none' : `the request has "${pathOnly(head.path)}"`
}

const PSEUDO: Readonly<Record<string, string>> = {
  ':method': 'method',
  ':authority': 'host',
  ':scheme': 'scheme',
  ':path': 'path and query',
}

function wantedHeader(matcher: HeaderMatcher): string {
  const name = PSEUDO[matcher.name] ?? `header ${matcher.name}`
  const not = matcher.invertMatch ? 'not ' : ''
  const specifier = matcher.headerMatchSpecifier
  switch (specifier?.$case) {
    case undefined:
      return `${name} ${not}present`
    case 'presentMatch':
      return `${name} ${specifier.value === matcher.invertMatch ? 'absent' : 'present'}`
    case 'stringMatch':
      return `${name} ${not}${pattern(specifier.value)}`
    case 'rangeMatch':
      return `${name} ${not}from ${specifier.value.start} to below ${specifier.value.end}`
    case 'safeRegexMatch':
      return `${name} ${not}~ ${specifier.value.regex}`
    case 'exactMatch':
    case 'prefixMatch':
    case 'suffixMatch':
    case 'containsMatch':
      return `${name} ${not}${specifier.$case.slice(0, -'Match'.length)} "${specifier.value}"`
  }
}

/** `claim group exact "admin"` */
function wantedClaim(matcher: MetadataMatcher): string {
  const path = keysOf(matcher)
  const name = matcher.filter === JWT_FILTER ? `claim ${path.slice(1).join('.')}` : `${path.join('.')} of ${matcher.filter}`
  const wanted = matcher.value?.matchPattern
  const text = wanted?.$case === 'orMatch' ? wanted.value.valueMatchers.at(-1)?.matchPattern : wanted
  const value = text?.$case === 'stringMatch' ? pattern(text.value) : 'present'
  return `${name} ${matcher.invert ? 'not ' : ''}${value}`
}

function keysOf({ path }: MetadataMatcher): string[] {
  return path.map(({ segment }) => segment?.value ?? '')
}

function pattern({ matchPattern, ignoreCase }: StringMatcher): string {
  const anyCase = ignoreCase ? ' in any case' : ''
  if (matchPattern === undefined || matchPattern.$case === 'custom') return 'of a kind of its own'
  if (matchPattern.$case === 'safeRegex') return `~ ${matchPattern.value.regex}`
  return `${matchPattern.$case} "${matchPattern.value}"${anyCase}`
}

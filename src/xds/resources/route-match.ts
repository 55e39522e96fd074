/** The part of a route that says for which requests it is (Envoy RouteMatch). */
import type { HttpMatch, PathMatch, TextMatch } from '../../model/http-rule.ts'
import { RouteMatch } from '../gen/envoy/config/route/v3/route_components.ts'
import { claimMatcher } from './claims.ts'
import { headerMatcher, queryParameterMatcher, withoutHeaderMatcher } from './text-match.ts'

export const EVERY_REQUEST: RouteMatch = RouteMatch.fromPartial({ pathSpecifier: { $case: 'prefix', value: '/' } })

/** @param match undefined: every request */
export function routeMatch(match: HttpMatch | undefined): RouteMatch {
  if (!match) return EVERY_REQUEST
  return RouteMatch.fromPartial({
    pathSpecifier: pathSpecifier(match.uri),
    caseSensitive: match.ignoreUriCase ? false : undefined,
    headers: [
      ...match.headers.map(headerMatcher),
      ...match.withoutHeaders.map(withoutHeaderMatcher),
      ...pseudoHeader(':method', match.method),
      ...pseudoHeader(':authority', match.authority),
      ...pseudoHeader(':scheme', match.scheme),
    ],
    queryParameters: match.queryParams.map(queryParameterMatcher),
    dynamicMetadata: match.claims.map(claimMatcher),
  })
}

function pathSpecifier(uri: PathMatch | undefined): RouteMatch['pathSpecifier'] {
  switch (uri?.kind) {
    case 'exact':
      return { $case: 'path', value: uri.value }
    case 'prefix':
      return { $case: 'prefix', value: uri.value }
    case 'segments':
      return { $case: 'pathSeparatedPrefix', value: uri.value }
    case 'regex':
      return { $case: 'safeRegex', value: { engineType: undefined, regex: uri.value } }
    default:
      return { $case: 'prefix', value: '/' }
  }
}

function pseudoHeader(name: string, match: TextMatch | undefined) {
  return match ? [headerMatcher({ name, match })] : []
}

/** Whether nothing gets past this route: what follows it is never reached, and is not generated. */
export function isCatchAll(match: RouteMatch): boolean {
  const path = match.pathSpecifier
  const anyPath =
    (path?.$case === 'prefix' && path.value === '/') ||
    (path?.$case === 'safeRegex' && (path.value.regex === '.*' || path.value.regex === '*'))
  return anyPath && match.headers.length + match.queryParameters.length + match.dynamicMetadata.length === 0
}

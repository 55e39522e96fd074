/** Conditions of HTTP and gRPC rules, and which of two goes first. */
import type { GrpcMethodMatch, GrpcRouteMatch } from '../../api/gateway/grpcroute/schema.ts'
import type { HttpHeaderMatch, HttpPathMatch, HttpRouteMatch } from '../../api/gateway/httproute/schema.ts'
import { escapeRegex } from '../../lib/escape-regex.ts'
import { ANY_REQUEST, type HttpMatch, type NamedMatch, type PathMatch, type TextMatch } from '../../model/http-rule.ts'

/** What decides between rules of one host: compared number by number, the larger goes first. */
export type Rank = readonly number[]

export interface RankedMatch {
  readonly match: HttpMatch
  readonly rank: Rank
}

/** HTTP: exact path, then the longer prefix, a method, more headers, more query parameters. An expression goes before the prefix "/" alone. */
export function httpMatch({ path, method, headers, queryParams }: HttpRouteMatch): RankedMatch {
  const uri = path && pathMatch(path)
  const named = namedMatches(headers, true)
  const query = namedMatches(queryParams, false)
  return {
    match: {
      ...ANY_REQUEST,
      uri,
      method: method && { kind: 'exact', value: method },
      headers: named,
      queryParams: query,
    },
    rank: [...pathRank(uri), method ? 1 : 0, named.length, query.length],
  }
}

export function prefixOf(match: HttpRouteMatch | undefined): string {
  return (match?.path?.value ?? '/').replace(/(?<=.)\/+$/, '')
}

function pathMatch({ type, value = '/' }: HttpPathMatch): PathMatch | undefined {
  if (type === 'Exact') return { kind: 'exact', value }
  if (type === 'RegularExpression') return { kind: 'regex', value }
  const prefix = value.replace(/\/+$/, '')
  return prefix === '' ? undefined : { kind: 'segments', value: prefix }
}

function pathRank(uri: PathMatch | undefined): Rank {
  switch (uri?.kind) {
    case 'exact':
      return [3, uri.value.length]
    case 'segments':
      return [2, uri.value.length]
    case 'regex':
      return [1, uri.value.length]
    default:
      return [0, 0]
  }
}

/** gRPC: longer service, longer method, more headers. */
export function grpcMatch({ method, headers }: GrpcRouteMatch): RankedMatch {
  const named = namedMatches(headers, true)
  const uri = method && grpcPath(method)
  return {
    match: { ...ANY_REQUEST, uri, headers: named },
    rank: [method?.service?.length ?? 0, method?.method?.length ?? 0, named.length, 0, 0],
  }
}

/** A call's path is "/service/method". */
function grpcPath({ type, service, method }: GrpcMethodMatch): PathMatch {
  if (type !== 'RegularExpression') {
    if (service && method) return { kind: 'exact', value: `/${service}/${method}` }
    if (service) return { kind: 'prefix', value: `/${service}/` }
    return { kind: 'regex', value: `/[^/]+/${escapeRegex(method ?? '')}` }
  }
  return { kind: 'regex', value: `/(?:${service || '[^/]+'})/(?:${method || '[^/]+'})` }
}

/** Of two entries with one name the first counts. */
function namedMatches(list: readonly HttpHeaderMatch[] | undefined, lowerCase: boolean): NamedMatch[] {
  const found = new Map<string, TextMatch>()
  for (const { name, type, value } of list ?? []) {
    const key = lowerCase ? name.toLowerCase() : name
    if (!found.has(key)) found.set(key, { kind: type === 'RegularExpression' ? 'regex' : 'exact', value })
  }
  return [...found].map(([name, match]) => ({ name, match })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

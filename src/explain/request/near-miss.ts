/** What nearly matched: the rules and hosts that a request did not meet, by how much of them held, and the field that did not. */
import { nearest } from '../../lib/nearest.ts'
import type { RequestHead } from '../../proxy/http/stream.ts'
import type { RouteContext } from '../../proxy/route/decision.ts'
import { originOf } from '../../proxy/route/origin.ts'
import { compileConditions, compileRouteMatch, pathMatches } from '../../proxy/route/route-match.ts'
import type { RouteConfiguration } from '../../xds/gen/envoy/config/route/v3/route.ts'
import type { Route } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { Cause, Causes } from './cause.ts'
import { found, foundPath, wanted, wantedPath } from './condition.ts'
import type { DryRequest } from './dry-request.ts'

/** How many rules are told of. */
const MOST = 3

/** "canary, for path prefix "/api", header x-user exact "ann"" */
export function routeLabel(route: Route): string {
  const { match } = route
  const conditions = match ? [wantedPath(match), ...compileConditions(match).map(wanted)] : []
  const meaning = conditions.length > 1 && conditions[0] === 'any path' ? conditions.slice(1) : conditions
  const name = route.name || 'the rule'
  return `${name}, for ${meaning.join(', ')}`
}

interface Miss {
  readonly route: Route
  /** Conditions that hold. */
  readonly held: number
  readonly sentence: string
}

/** Rules that were asked before the one that took the request, and the first thing that each of them lacked. */
export function skippedRoutes(routes: readonly Route[], request: DryRequest, path: string, causes: Causes): string[] {
  const misses = missesOf(routes, request, path)
  return misses.slice(0, MOST).map(miss => `not ${place(miss.route, causes)}, which ${miss.sentence}`)
}

/** The rules that came nearest, best first, and where the best of them stands. */
export function nearRoutes(
  routes: readonly Route[],
  request: DryRequest,
  path: string,
  causes: Causes,
): { readonly notes: string[]; readonly cause: Cause | undefined } {
  const misses = missesOf(routes, request, path)
  const [best] = misses
  return {
    notes: misses
      .slice(0, MOST)
      .map((miss, i) => `${i === 0 ? 'nearest: ' : 'then: '}${place(miss.route, causes)} ${miss.sentence}`),
    cause: best && causes.of(best.route.metadata),
  }
}

function missesOf(routes: readonly Route[], request: DryRequest, path: string): Miss[] {
  const misses = routes.flatMap(route => missOf(route, request.head, path, request) ?? [])
  return misses.sort((a, b) => b.held - a.held)
}

function missOf(route: Route, head: RequestHead, path: string, context: RouteContext): Miss | undefined {
  const { match } = route
  if (!match) return undefined
  const conditions = compileConditions(match)
  const failed = conditions.filter(({ test }) => !test(head, context))
  const pathHolds = pathMatches(compileRouteMatch(match).path, path)
  const held = conditions.length - failed.length + Number(pathHolds)
  const lacking = [
    ...(pathHolds ? [] : [`${wantedPath(match)}; ${foundPath(head)}`]),
    ...failed.map(condition => `${wanted(condition)}; ${found(condition, head, context)}`),
  ]
  if (lacking.length === 0) return undefined
  const more = lacking.length > 1 ? `, and ${lacking.length - 1} more` : ''
  return { route, held, sentence: `wants ${lacking[0]}${more}` }
}

/** "catalog http[0] (mesh.yaml:12)" */
function place(route: Route, causes: Causes): string {
  const cause = causes.from(originOf(route.metadata))
  if (!cause) return `rule ${route.name || 'without a name'}`
  const name = cause.object.slice(cause.object.lastIndexOf('/') + 1)
  const where = cause.file === '' ? '' : ` (${cause.file}${cause.line > 0 ? `:${cause.line}` : ''})`
  return `${name}${cause.rule ? ` ${cause.rule}` : ''}${where}`
}

/** Hosts like the one asked for, or the ones there are. */
export function nearHosts({ virtualHosts }: RouteConfiguration, authority: string): string[] {
  const domains = virtualHosts.flatMap(host => host.domains)
  if (domains.length === 0) return ['there is none at all']
  const meant = nearest(authority, domains)
  if (meant) return [`did you mean "${meant}"?`]
  const some = domains.slice(0, 6).join(', ')
  return [`there are ${some}${domains.length > 6 ? ` and ${domains.length - 6} more` : ''}`]
}

/**
 * The routes of one virtual host, asked in order: the first that matches wins. Short lists are walked; long ones are indexed by exact
 * path and prefix, so that a thousand routes cost about as much as ten. The order holds: of the candidates that the indexes
 * offer, the one that stands first in the configuration wins.
 */
import type { RequestHead } from '../http/stream.ts'
import type { Outcome, RouteContext, RouteDecision } from './decision.ts'
import { type CompiledMatch, pathMatches } from './route-match.ts'

export interface CompiledRoute extends CompiledMatch {
  readonly decide: (head: RequestHead, context: RouteContext) => RouteDecision
  /** For `explain`: all that `decide` may come to. */
  readonly outcomes: (head: RequestHead) => readonly Outcome<RouteDecision>[]
}

export type FindRoute = (head: RequestHead, path: string, context: RouteContext) => CompiledRoute | undefined

/** Up to so many routes a walk is faster than looking into the indexes. */
const WALK = 12

export function compileRouteList(routes: readonly CompiledRoute[], walk = WALK): FindRoute {
  const connect = routes.filter(route => route.path.kind === 'connect')
  const others = routes.filter(route => route.path.kind !== 'connect')
  const find = others.length <= walk ? walkAll(others) : indexed(others)
  return (head, path, context) => {
    // Without a path only CONNECT can match, and only where it is asked for.
    if (head.method === 'CONNECT' && head.upgrade === undefined) {
      for (const route of connect) if (!route.rest || route.rest(head, context)) return route
    }
    return path === '' ? undefined : find(head, path, context)
  }
}

function walkAll(routes: readonly CompiledRoute[]): FindRoute {
  return (head, path, context) => {
    for (const route of routes) {
      if (pathMatches(route.path, path) && (!route.rest || route.rest(head, context))) return route
    }
    return undefined
  }
}

interface Placed {
  readonly place: number
  readonly route: CompiledRoute
}

interface PrefixGroup {
  readonly prefix: string
  readonly routes: readonly Placed[]
  /** The longest other prefix that this one starts with. */
  readonly shorter: PrefixGroup | undefined
}

function indexed(routes: readonly CompiledRoute[]): FindRoute {
  const exact = new Map<string, Placed[]>()
  const byPrefix = new Map<string, Placed[]>()
  const tested: Placed[] = []
  routes.forEach((route, place) => {
    const { path } = route
    const group =
      path.kind === 'exact' ? groupOf(exact, path.value) : path.kind === 'prefix' ? groupOf(byPrefix, path.value) : tested
    group.push({ place, route })
  })
  const prefixes = sortPrefixes(byPrefix)

  return (head, path, context) => {
    let best: Placed | undefined
    const whole = exact.get(path)
    if (whole) best = firstBefore(best, whole, head, context)
    for (let group = longestPrefix(prefixes, path); group; group = group.shorter)
      best = firstBefore(best, group.routes, head, context)
    return firstTestedBefore(best, tested, head, path, context)?.route
  }
}

function groupOf(groups: Map<string, Placed[]>, key: string): Placed[] {
  const group = groups.get(key) ?? []
  groups.set(key, group)
  return group
}

/** Of routes whose path criterion holds: the first that matches, if it stands before `best`; else `best`. */
function firstBefore(
  best: Placed | undefined,
  routes: readonly Placed[],
  head: RequestHead,
  context: RouteContext,
): Placed | undefined {
  for (const candidate of routes) {
    if (best && candidate.place > best.place) return best
    if (!candidate.route.rest || candidate.route.rest(head, context)) return candidate
  }
  return best
}

function firstTestedBefore(
  best: Placed | undefined,
  routes: readonly Placed[],
  head: RequestHead,
  path: string,
  context: RouteContext,
): Placed | undefined {
  for (const candidate of routes) {
    if (best && candidate.place > best.place) return best
    const { route } = candidate
    if (pathMatches(route.path, path) && (!route.rest || route.rest(head, context))) return candidate
  }
  return best
}

/** In the order of their code units; each linked to the longest prefix that it extends. */
function sortPrefixes(groups: ReadonlyMap<string, readonly Placed[]>): readonly PrefixGroup[] {
  const sorted: PrefixGroup[] = []
  for (const prefix of [...groups.keys()].sort()) {
    // What it extends sorts before it, and everything in between extends that too.
    let shorter = sorted.at(-1)
    while (shorter && !prefix.startsWith(shorter.prefix)) shorter = shorter.shorter
    sorted.push({ prefix, routes: groups.get(prefix) ?? [], shorter })
  }
  return sorted
}

/**
 * Whatever the path starts with sorts before the path, and the last one that does is either such a prefix or extends all of them: a
 * binary search and a few steps along `shorter` find the longest.
 */
function longestPrefix(sorted: readonly PrefixGroup[], path: string): PrefixGroup | undefined {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const candidate = sorted[middle]
    if (candidate && candidate.prefix <= path) low = middle + 1
    else high = middle
  }
  let group = sorted[low - 1]
  while (group && !path.startsWith(group.prefix)) group = group.shorter
  return group
}

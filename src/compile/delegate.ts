/**
 * Delegation: a root VirtualService hands some of its rules to another, whose rules then apply within the root's. A delegate's
 * match is joined with every match of the root that it is inside of.
 */
import type { HTTPMatchRequest, HTTPRoute, StringMatch } from '../api/istio/virtualservice/schema.ts'
import type { VirtualService } from '../api/registry.ts'

/** A rule, and the object and place it stands in. */
export interface PlacedRoute {
  readonly route: HTTPRoute
  readonly object: VirtualService
  readonly index: number
}

/** The delegate's rules as they apply within the root's rule; those that contradict it are left out. */
export function mergeRoutes(root: HTTPRoute, delegate: readonly PlacedRoute[]): PlacedRoute[] {
  return delegate.flatMap(placed => {
    const merged = mergeRoute(root, placed.route)
    return merged ? [{ ...placed, route: merged }] : []
  })
}

export function mergeRoute(root: HTTPRoute, delegate: HTTPRoute): HTTPRoute | undefined {
  const match = mergeMatches(root.match ?? [], delegate.match ?? [])
  if (!match) return undefined
  const { delegate: _, match: __, name: ___, ...inherited } = root
  const name = [root.name, delegate.name].filter(Boolean).join('-')
  const merged: HTTPRoute = { ...inherited, ...delegate }
  if (name) merged.name = name
  if (match.length > 0) merged.match = match
  else delete merged.match
  return merged
}

/**
 * Each of the delegate's matches has to be inside of one of the root's.
 *
 * @returns undefined: one is not, so the rule is left out. Empty: both are for every request
 */
export function mergeMatches(
  root: readonly HTTPMatchRequest[],
  delegate: readonly HTTPMatchRequest[],
): HTTPMatchRequest[] | undefined {
  if (root.length === 0) return [...delegate]
  if (delegate.length === 0) return [...root]
  const merged: HTTPMatchRequest[] = []
  for (const leaf of delegate) {
    const around = root.filter(match => !conflicts(match, leaf))
    if (around.length === 0) return undefined
    merged.push(...around.map(match => mergeMatch(match, leaf)))
  }
  return merged
}

/** Whether the delegate's match is outside of what the root's lets through. */
export function conflicts(root: HTTPMatchRequest, leaf: HTTPMatchRequest): boolean {
  return (
    textConflicts(root.uri, leaf.uri) ||
    textConflicts(root.scheme, leaf.scheme) ||
    textConflicts(root.method, leaf.method) ||
    textConflicts(root.authority, leaf.authority) ||
    mapConflicts(root.headers, leaf.headers, sameText) ||
    mapConflicts(root.withoutHeaders, leaf.withoutHeaders, sameText) ||
    mapConflicts(root.queryParams, leaf.queryParams, sameText) ||
    mapConflicts(root.sourceLabels, leaf.sourceLabels, (a, b) => a === b) ||
    bothAndDifferent(root.port, leaf.port) ||
    bothAndDifferent(root.sourceNamespace, leaf.sourceNamespace) ||
    ((root.uri !== undefined || leaf.uri !== undefined) && bothAndDifferent(root.ignoreUriCase, leaf.ignoreUriCase)) ||
    ((root.gateways?.length ?? 0) > 0 && (leaf.gateways ?? []).some(gateway => !root.gateways?.includes(gateway)))
  )
}

function textConflicts(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
  if (!root || !leaf) return false
  if (root.regex !== undefined || leaf.regex !== undefined || root.exact !== undefined) return true
  const prefix = root.prefix ?? ''
  return !(leaf.exact ?? leaf.prefix ?? '').startsWith(prefix)
}

function mapConflicts<T>(
  root: Readonly<Record<string, T>> | undefined,
  leaf: Readonly<Record<string, T>> | undefined,
  same: (a: T, b: T) => boolean,
): boolean {
  return Object.entries(leaf ?? {}).some(([key, value]) => {
    const outer = root?.[key]
    return outer !== undefined && !same(outer, value)
  })
}

function sameText(a: StringMatch, b: StringMatch): boolean {
  return a.exact === b.exact && a.prefix === b.prefix && a.regex === b.regex
}

function bothAndDifferent<T>(root: T | undefined, leaf: T | undefined): boolean {
  return Boolean(root) && Boolean(leaf) && root !== leaf
}

function mergeMatch(root: HTTPMatchRequest, leaf: HTTPMatchRequest): HTTPMatchRequest {
  const merged: HTTPMatchRequest = { ...root, ...leaf }
  if (root.headers || leaf.headers) merged.headers = { ...root.headers, ...leaf.headers }
  if (root.withoutHeaders || leaf.withoutHeaders) merged.withoutHeaders = { ...root.withoutHeaders, ...leaf.withoutHeaders }
  if (root.queryParams || leaf.queryParams) merged.queryParams = { ...root.queryParams, ...leaf.queryParams }
  if (root.sourceLabels || leaf.sourceLabels) merged.sourceLabels = { ...root.sourceLabels, ...leaf.sourceLabels }
  const name = [root.name, leaf.name].filter(Boolean).join('-')
  if (name) merged.name = name
  return merged
}

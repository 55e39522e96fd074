/** Which route sets a client may use, in the order in which they count, and which of them speaks for a host. */
import { IdentityMemo, remembering } from '../lib/identity-memo.ts'
import { compareSpecificity, isSubset, isWildcard } from './host.ts'
import { MESH, type RouteSet } from './route-set.ts'
import { isPrivate, isVisible } from './visibility.ts'

/**
 * What `namespace` sees: its private sets, then those shown to it by name, then everybody's; each oldest first. Namespaces to whom nothing is
 * shown in particular get the same list.
 */
export function visibleRoutes(routes: readonly RouteSet[], namespace: string): readonly RouteSet[] {
  const { everybody, some } = byVisibility(routes)
  const shown = some.filter(set => isVisible(set.exportTo, namespace))
  if (shown.length === 0) return everybody
  return visible.get([routes, namespace], () => {
    const own = shown.filter(set => isPrivate(set.exportTo, set.namespace))
    return [...own, ...shown.filter(set => !own.includes(set)), ...everybody]
  })
}

const byVisibility = remembering((routes: readonly RouteSet[]) => ({
  everybody: routes.filter(set => set.exportTo.includes('*')),
  some: routes.filter(set => !set.exportTo.includes('*')),
}))

const visible = new IdentityMemo<readonly RouteSet[]>()

/** Those that are attached to all sidecars, or have a rule that is. */
export const meshRoutes = remembering((routes: readonly RouteSet[]) => routes.filter(set => set.attachments.includes(MESH)))

/** Those attached to a gateway ("namespace/name"). */
export function gatewayRoutes(routes: readonly RouteSet[], gateway: string): readonly RouteSet[] {
  return routes.filter(set => set.attachments.includes(gateway))
}

/** Answers which set speaks for a host: one that names it, else the one with the narrowest wildcard; of equals the first. */
export class RouteIndex {
  readonly #exact = new Map<string, RouteSet>()
  readonly #wildcards: { host: string; set: RouteSet }[] = []

  constructor(routes: readonly RouteSet[]) {
    for (const set of routes) {
      for (const host of set.hosts) {
        if (isWildcard(host)) this.#wildcards.push({ host, set })
        else if (!this.#exact.has(host)) this.#exact.set(host, set)
      }
    }
    this.#wildcards.sort((a, b) => compareSpecificity(a.host, b.host)) // a stable sort: equals stay in order
  }

  find(host: string): RouteSet | undefined {
    return this.#exact.get(host) ?? this.#wildcards.find(entry => isSubset(host, entry.host))?.set
  }
}

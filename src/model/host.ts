/**
 * Host names and wildcards: matching, specificity, intersection, short names. Comparison is of plain strings, as in Istio:
 * "*.foo.com" does not match "foo.com", "*" matches everything, and case counts.
 */
import { isIP } from 'node:net'
import { compareText } from './age.ts'

export function isWildcard(host: string): boolean {
  return host.startsWith('*')
}

/** Whether some name could be meant by both; either may be a wildcard. */
export function hostsMatch(a: string, b: string): boolean {
  if (isWildcard(a) && isWildcard(b)) return a.length < b.length ? b.endsWith(a.slice(1)) : a.endsWith(b.slice(1))
  if (isWildcard(a)) return b.endsWith(a.slice(1))
  if (isWildcard(b)) return a.endsWith(b.slice(1))
  return a === b
}

/** Whether every name that `a` stands for is also one of `b`'s. */
export function isSubset(a: string, b: string): boolean {
  if (!isWildcard(b)) return a === b
  return (isWildcard(a) ? a.slice(1) : a).endsWith(b.slice(1))
}

/** Array.sort() order, the most specific first: names before wildcards, longer before shorter, then by alphabet. */
export function compareSpecificity(a: string, b: string): number {
  if (isWildcard(a) !== isWildcard(b)) return isWildcard(a) ? 1 : -1
  return b.length - a.length || compareText(a, b)
}

/** The entry that says most precisely what `host` is: itself, else the longest wildcard over it. */
export function mostSpecific(host: string, among: Iterable<string>): string | undefined {
  let best: string | undefined
  for (const entry of among) {
    if (entry === host) return entry
    if (isWildcard(entry) && isSubset(host, entry) && (best === undefined || compareSpecificity(entry, best) < 0)) best = entry
  }
  return best
}

/** The names that both lists stand for: of each overlapping pair the narrower one. */
export function intersectHosts(a: readonly string[], b: readonly string[]): string[] {
  const common = new Set<string>()
  for (const left of a) {
    for (const right of b) {
      if (isSubset(left, right)) common.add(left)
      else if (isSubset(right, left)) common.add(right)
    }
  }
  return [...common]
}

/**
 * A name without any dot is a service of `namespace`: "foo" becomes "foo.<namespace>.svc.<domain>". Others, also "foo.bar", addresses
 * and "*", stay as they are (Istio, DestinationRule.host and VirtualService.hosts).
 */
export function fullHostName(name: string, namespace: string, domain: string): string {
  if (name === '*' || name === '' || name.includes('.') || isIP(name)) return name
  return [name, namespace, domain && `svc.${domain}`].filter(Boolean).join('.')
}

/** A host with the namespace in front of it: "ns/host" of Gateway servers and Sidecar egress. */
export interface ScopedHost {
  readonly namespace: string
  readonly host: string
}

/** "ns/host", "*\/host" or "host" (any namespace); "." becomes `ownNamespace`. */
export function parseScopedHost(text: string, ownNamespace: string): ScopedHost {
  const slash = text.indexOf('/')
  if (slash < 0) return { namespace: '*', host: text }
  const namespace = text.slice(0, slash)
  return { namespace: namespace === '.' ? ownNamespace : namespace, host: text.slice(slash + 1) }
}

/** The hosts that are meant for `namespace`. */
export function hostsForNamespace(hosts: readonly ScopedHost[], namespace: string): string[] {
  return hosts.filter(entry => entry.namespace === '*' || entry.namespace === namespace).map(entry => entry.host)
}

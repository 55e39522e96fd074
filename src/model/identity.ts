/** Who a workload is: SPIFFE ids, and the trust domains they may be of. */

export interface TrustDomains {
  readonly trustDomain: string
  /** Other names of the same trust domain, such as its former one. */
  readonly trustDomainAliases: readonly string[]
}

/** The name that stands for the mesh's own trust domain, whatever that is called. */
const LOCAL = 'cluster.local'

export function spiffeId(trustDomain: string, namespace: string, serviceAccount: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`
}

export function trustedDomains({ trustDomain, trustDomainAliases }: TrustDomains): readonly string[] {
  return [...new Set([trustDomain, ...trustDomainAliases])]
}

/**
 * A principal of a policy ("cluster.local/ns/a/sa/b", with "*" at its beginning or end) under all names of its trust domain, so that a
 * policy goes on to hold while a mesh changes its trust domain. Principals without a whole identity, and those of foreign trust domains,
 * stay as they are.
 */
export function withTrustDomains(principal: string, trust: TrustDomains): readonly string[] {
  const [domain = '', ...rest] = principal.split('/')
  if (rest.length !== 4 || domain === '*') return [principal]
  const domains = trustedDomains(trust)
  if (domain !== LOCAL && !domains.some(known => matches(known, domain))) return [principal]
  const names = domains.map(known => (domain.startsWith('*') && known.endsWith(domain.slice(1)) ? domain : known))
  return [...new Set(names)].map(name => [name, ...rest].join('/'))
}

function matches(name: string, pattern: string): boolean {
  if (pattern.startsWith('*')) return name.endsWith(pattern.slice(1))
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

/**
 * Which virtual host a Host header belongs to: exact domain, longest `*suffix`, longest `prefix*`, then `*`; case does not count.
 */
export interface HostTable<T> {
  find(authority: string): T | undefined
}

interface Wildcards<T> {
  /** Lengths that occur, longest first. */
  readonly lengths: number[]
  readonly byPart: Map<string, T>
}

export interface HostEntry<T> {
  readonly domain: string
  readonly value: T
  /** The virtual host's name, for messages. */
  readonly owner: string
}

/** @throws when a domain occurs twice or is empty */
export function compileHostTable<T>(entries: readonly HostEntry<T>[], ignorePort: boolean): HostTable<T> {
  const exact = new Map<string, T>()
  const suffixes: Wildcards<T> = { lengths: [], byPart: new Map() }
  const prefixes: Wildcards<T> = { lengths: [], byPart: new Map() }
  let any: T | undefined
  for (const { domain: original, value, owner } of entries) {
    const domain = original.toLowerCase()
    if (domain === '') throw new Error(`virtual host "${owner}": a domain is empty, expected a host name, a wildcard or "*"`)
    let taken: boolean
    if (domain === '*') {
      taken = any !== undefined
      any = value
    } else if (domain.startsWith('*')) taken = !addNew(suffixes.byPart, domain.slice(1), value)
    else if (domain.endsWith('*')) taken = !addNew(prefixes.byPart, domain.slice(0, -1), value)
    else taken = !addNew(exact, domain, value)
    if (taken)
      throw new Error(
        `virtual host "${owner}": the domain "${original}" occurs twice, expected each domain once in a configuration`,
      )
  }
  for (const wildcards of [suffixes, prefixes]) {
    wildcards.lengths.push(...new Set([...wildcards.byPart.keys()].map(part => part.length)))
    wildcards.lengths.sort((a, b) => b - a)
  }
  const suffixOf = (host: string, length: number) => host.slice(-length)
  const prefixOf = (host: string, length: number) => host.slice(0, length)
  return {
    find(authority) {
      const host = ignorePort ? withoutPort(authority) : authority
      // Nearly every client sends lower case; then no string is made.
      const direct = exact.get(host)
      if (direct !== undefined) return direct
      const lower = host.toLowerCase()
      return exact.get(lower) ?? findPart(suffixes, lower, suffixOf) ?? findPart(prefixes, lower, prefixOf) ?? any
    },
  }
}

function addNew<T>(map: Map<string, T>, key: string, value: T): boolean {
  if (map.has(key)) return false
  map.set(key, value)
  return true
}

/** A wildcard stands for at least one character. */
function findPart<T>(
  { lengths, byPart }: Wildcards<T>,
  host: string,
  cut: (host: string, length: number) => string,
): T | undefined {
  for (const length of lengths) {
    if (length >= host.length) continue
    const found = byPart.get(cut(host, length))
    if (found !== undefined) return found
  }
  return undefined
}

/** "a:80" -> "a", "[::1]:80" -> "[::1]". */
export function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(':')
  if (colon < 0 || colon < authority.lastIndexOf(']')) return authority
  // More than one colon without brackets: an address, not a port.
  if (authority.charCodeAt(0) !== 0x5b && authority.indexOf(':') !== colon) return authority
  return authority.slice(0, colon)
}

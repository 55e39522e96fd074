/** The names under which clients may ask for a service: the domains of its virtual host. */
import { isIPv6 } from 'node:net'
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { Service } from '../../model/service.ts'
import { isSingleAddress } from './values.ts'
import type { View } from './view.ts'

/**
 * Without ports: the full name, the short forms that resolve in the client's namespace, virtual addresses, aliases. The same array for all
 * clients to whom the same names mean the service.
 */
export function serviceDomains(view: View, service: Service): readonly string[] {
  const near = [service, ...service.aliases].map(entry => entry.namespace === view.namespace).join()
  return domains.get([service, view.settings, near], () => {
    const names = [service, ...service.aliases].flatMap(entry => nameForms(view, entry.hostname, entry.namespace))
    const addresses = service.addresses.filter(isSingleAddress).map(address => (isIPv6(address) ? `[${address}]` : address))
    const pods = service.headless ? [`*.${service.hostname}`] : []
    return [...new Set([...names, ...addresses, ...pods])]
  })
}

const domains = new IdentityMemo<readonly string[]>()

/** "a.n.svc.cluster.local": itself, with a final dot, "a.n.svc", "a.n", and "a" for clients in n. */
function nameForms(view: View, hostname: string, namespace: string): string[] {
  if (hostname.startsWith('*')) return [hostname]
  const forms = [hostname, `${hostname}.`]
  const suffix = `.${namespace}.svc.${view.settings.domainSuffix}`
  if (!hostname.endsWith(suffix)) return forms
  const name = hostname.slice(0, -suffix.length)
  forms.push(`${name}.${namespace}.svc`, `${name}.${namespace}`)
  if (view.namespace === namespace) forms.push(name)
  return forms
}

/** With the port, and for port 80 also without: the authorities that a forward proxy's clients may send. */
export function withPort(names: readonly string[], port: number): readonly string[] {
  return authorities.get([names, port], () => {
    const ported = names.map(name => `${name}:${port}`)
    return port === 80 ? [...names, ...ported] : ported
  })
}

const authorities = new IdentityMemo<readonly string[]>()

/** Hands each domain to the first that asks for it: Envoy refuses a table with a domain in two virtual hosts. */
export class DomainClaims {
  readonly #taken = new Set<string>()

  /** @returns the given array where all of it is free */
  claim(names: readonly string[]): readonly string[] {
    const free = names.every(name => !this.#taken.has(name)) ? names : names.filter(name => !this.#taken.has(name))
    for (const name of free) this.#taken.add(name)
    return free
  }
}

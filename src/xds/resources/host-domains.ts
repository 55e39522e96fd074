/** The names under which clients may ask for a service: the domains of its virtual host. */
import { isIPv6 } from 'node:net'
import type { Service } from '../../model/service.ts'
import { isSingleAddress } from './values.ts'
import type { View } from './view.ts'

/** Without ports: the full name, the short forms that resolve in the client's namespace, virtual addresses, aliases. */
export function serviceDomains(view: View, service: Service): string[] {
  const names = [service, ...service.aliases].flatMap(entry => nameForms(view, entry.hostname, entry.namespace))
  const addresses = service.addresses.filter(isSingleAddress).map(address => (isIPv6(address) ? `[${address}]` : address))
  const pods = service.headless ? [`*.${service.hostname}`] : []
  return [...new Set([...names, ...addresses, ...pods])]
}

/** "a.n.svc.cluster.local": itself, with a final dot, "a.n.svc", "a.n", and "a" for clients in n. */
function nameForms(view: View, hostname: string, namespace: string): string[] {
  if (hostname.startsWith('*')) return [hostname]
  const forms = [hostname, `${hostname}.`]
  const suffix = `.${namespace}.svc.${view.mesh.settings.domainSuffix}`
  if (!hostname.endsWith(suffix)) return forms
  const name = hostname.slice(0, -suffix.length)
  forms.push(`${name}.${namespace}.svc`, `${name}.${namespace}`)
  if (view.namespace === namespace) forms.push(name)
  return forms
}

/** With the port, and for port 80 also without: the authorities that a forward proxy's clients may send. */
export function withPort(domains: readonly string[], port: number): string[] {
  const ported = domains.map(domain => `${domain}:${port}`)
  return port === 80 ? [...domains, ...ported] : ported
}

/** Hands each domain to the first that asks for it: Envoy refuses a table with a domain in two virtual hosts. */
export class DomainClaims {
  readonly #taken = new Set<string>()

  claim(domains: readonly string[]): string[] {
    const free = domains.filter(domain => !this.#taken.has(domain.toLowerCase()))
    for (const domain of free) this.#taken.add(domain.toLowerCase())
    return free
  }
}

/** Which hosts there are (Services and ServiceEntries), and who may see each. */
import { fullHostName, isSubset, isWildcard } from '../../model/host.ts'
import type { Part, Resource } from './resource.ts'
import type { World } from './world.ts'

export interface Host {
  readonly name: string
  readonly of: Resource
  /** Namespaces; "*" is all. */
  readonly exportTo: readonly string[]
  readonly ports: readonly number[]
}

const ALL = '*'

/** The namespaces an exportTo means; without one, what the mesh's default (all) is. */
export function scopesOf(exportTo: readonly string[], namespace: string): string[] {
  const scopes = exportTo.map(entry => (entry.trim() === '.' ? namespace : entry.trim())).filter(entry => entry !== '')
  return scopes.length === 0 ? [ALL] : scopes
}

export function scopesOverlap(a: readonly string[], b: readonly string[]): boolean {
  return a.includes(ALL) || b.includes(ALL) || a.some(scope => b.includes(scope))
}

export class Hosts {
  readonly all: readonly Host[]
  readonly #byName: ReadonlyMap<string, readonly Host[]>
  readonly #wildcards: readonly Host[]
  readonly #domain: string

  constructor({ resources, domain }: World) {
    this.#domain = domain
    this.all = [
      ...resources.of('Service').map(service => serviceHost(service, domain)),
      ...resources.of('ServiceEntry').flatMap(entryHosts),
    ]
    this.#byName = Map.groupBy(this.all, host => host.name)
    this.#wildcards = this.all.filter(host => isWildcard(host.name))
  }

  fullName(name: string, namespace: string): string {
    return fullHostName(name, namespace, this.#domain)
  }

  /** Everything that the host names, exact names before wildcards. */
  named(fullName: string): readonly Host[] {
    return [...(this.#byName.get(fullName) ?? []), ...this.#wildcards.filter(({ name }) => isSubset(fullName, name))]
  }

  /**
   * What a host is to rules that hold in `namespaces` ("*": the object's own namespace counts): it must be visible in each.
   * @returns undefined when it is not
   */
  visible(fullName: string, from: Resource, namespaces: readonly string[]): Host | undefined {
    const readers = namespaces.includes(ALL) ? [from.namespace] : namespaces
    return this.named(fullName).find(({ exportTo }) => readers.every(reader => scopesOverlap(exportTo, [reader])))
  }
}

function serviceHost(of: Resource, domain: string): Host {
  const exported = (of.annotations['networking.istio.io/exportTo'] ?? '').split(',')
  return {
    name: `${of.name}.${of.namespace}.svc.${domain}`,
    of,
    exportTo: scopesOf(exported, of.namespace),
    ports: numbers(of.spec.at('ports').items(), 'port'),
  }
}

function entryHosts(of: Resource): Host[] {
  const exportTo = scopesOf(of.spec.at('exportTo').texts(), of.namespace)
  const ports = numbers(of.spec.at('ports').items(), 'number')
  return of.spec
    .at('hosts')
    .texts()
    .map(name => ({ name, of, exportTo, ports }))
}

function numbers(parts: readonly Part[], field: string): number[] {
  return parts.flatMap(part => part.at(field).number() ?? [])
}

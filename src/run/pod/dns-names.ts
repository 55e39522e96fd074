/** The names that a pod's DNS questions are answered from, as the control plane says them (NameTable). */
import type { Rejections, Update } from '../../xds/client/client.ts'
import { NameTable } from '../../xds/gen/istio/networking/nds/v1/nds.ts'

export class DnsNames {
  readonly #searchDomains: readonly string[]
  /** Names by the resource that brought them: one each from mizzen, all in one from Istio. */
  readonly #resources = new Map<string, readonly string[]>()
  readonly #addresses = new Map<string, readonly string[]>()

  /** @param searchDomains of resolv.conf */
  constructor(searchDomains: readonly string[]) {
    this.#searchDomains = searchDomains
  }

  get size(): number {
    return this.#addresses.size
  }

  apply({ updated, removed }: Update): Rejections | undefined {
    const refused = new Map<string, string>()
    for (const name of removed) this.#forget(name)
    for (const { name, bytes } of updated) {
      try {
        const { table } = NameTable.decode(bytes)
        this.#forget(name)
        this.#resources.set(name, Object.keys(table))
        for (const [host, { ips }] of Object.entries(table)) this.#addresses.set(host.toLowerCase(), ips)
      } catch (error) {
        refused.set(name, error instanceof Error ? error.message : String(error))
      }
    }
    return refused.size > 0 ? refused : undefined
  }

  /**
   * Resolvers try a short name with each search domain first: a known name behind which one of them stands is answered at once.
   * @param name in lower case, without the final dot @returns undefined: not a name of the mesh
   */
  lookUp(name: string): readonly string[] | undefined {
    const exact = this.#known(name)
    if (exact) return exact
    const domain = this.#searchDomains.find(domain => name.endsWith(`.${domain}`))
    return domain === undefined ? undefined : this.#known(name.slice(0, -domain.length - 1))
  }

  #known(name: string): readonly string[] | undefined {
    const exact = this.#addresses.get(name)
    if (exact) return exact
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const wild = this.#addresses.get(`*${name.slice(dot)}`)
      if (wild) return wild
    }
    return undefined
  }

  #forget(resource: string): void {
    for (const host of this.#resources.get(resource) ?? []) this.#addresses.delete(host.toLowerCase())
    this.#resources.delete(resource)
  }
}

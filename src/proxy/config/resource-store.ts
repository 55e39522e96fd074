/**
 * What configuration the process has, in which version, and what was refused and why: for the admin endpoint. The encoded messages are kept, not
 * the decoded ones, which take ten times the memory.
 */
export interface StoredResource {
  readonly name: string
  /** Empty for resources of the bootstrap. */
  readonly version: string
  readonly bytes: Uint8Array
  /** Milliseconds since the epoch. */
  readonly updatedAt: number
  readonly static: boolean
  /** In use, or waiting for what it refers to. */
  state: 'active' | 'warming'
}

export interface Refusal {
  readonly name: string
  readonly version: string
  readonly reason: string
  readonly at: number
  readonly bytes: Uint8Array
}

export class ResourceStore {
  readonly #resources = new Map<string, Map<string, StoredResource>>()
  readonly #refusals = new Map<string, Map<string, Refusal>>()

  accepted(type: string, resource: Omit<StoredResource, 'updatedAt'>): void {
    inner(this.#resources, type).set(resource.name, { ...resource, updatedAt: Date.now() })
    this.#refusals.get(type)?.delete(resource.name)
  }

  refused(type: string, refusal: Omit<Refusal, 'at'>): void {
    inner(this.#refusals, type).set(refusal.name, { ...refusal, at: Date.now() })
  }

  setState(type: string, name: string, state: StoredResource['state']): void {
    const resource = this.#resources.get(type)?.get(name)
    if (resource !== undefined) resource.state = state
  }

  removed(type: string, name: string): void {
    this.#resources.get(type)?.delete(name)
    this.#refusals.get(type)?.delete(name)
  }

  all(type: string): StoredResource[] {
    return [...(this.#resources.get(type)?.values() ?? [])]
  }

  refusals(type: string): Refusal[] {
    return [...(this.#refusals.get(type)?.values() ?? [])]
  }

  get(type: string, name: string): StoredResource | undefined {
    return this.#resources.get(type)?.get(name)
  }
}

function inner<T>(outer: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const found = outer.get(key) ?? new Map<string, T>()
  outer.set(key, found)
  return found
}

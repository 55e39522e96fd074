/** What filters leave behind for others and for the access log (Envoy's dynamic metadata): JSON values by the filter's name. */

export type JsonObject = { readonly [name: string]: unknown }

export class DynamicMetadata {
  readonly #byFilter = new Map<string, Record<string, unknown>>()

  get(filter: string): JsonObject | undefined {
    return this.#byFilter.get(filter)
  }

  toObject(): Record<string, JsonObject> {
    return Object.fromEntries(this.#byFilter)
  }

  /** Adds fields; those of the same name are replaced. */
  merge(filter: string, fields: JsonObject): void {
    const known = this.#byFilter.get(filter)
    if (known === undefined) this.#byFilter.set(filter, { ...fields })
    else Object.assign(known, fields)
  }

  /** undefined: there is no such value. */
  at(filter: string, path: readonly string[]): unknown {
    let value: unknown = this.#byFilter.get(filter)
    for (const name of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
      value = Reflect.get(value, name)
    }
    return value
  }
}

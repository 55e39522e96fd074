/**
 * Header fields of a message, independent of the protocol that carried them. Codecs bring implementations of their own that keep
 * the bytes they read; `HeaderList` is the plain one, for heads the proxy makes itself and for HTTP/2.
 */
export interface Headers {
  /** @param name in lower case. Several fields of that name are joined with "," as RFC 9110 section 5.3 allows. */
  get(name: string): string | undefined
  has(name: string): boolean
  /** Replaces every field of that name by one; adds it when there was none. */
  set(name: string, value: string): void
  /** Adds one more field. */
  add(name: string, value: string): void
  remove(name: string): void
  /** In wire order; names in lower case. Each field on its own, not joined. */
  forEach(visit: (name: string, value: string) => void): void
  /** About so many bytes it takes on the wire: for statistics. */
  readonly byteLength: number
}

export class HeaderList implements Headers {
  /** name, value, name, value ... */
  readonly #fields: string[]

  constructor(fields: string[] = []) {
    this.#fields = fields
  }

  get(name: string): string | undefined {
    const fields = this.#fields
    let found: string | undefined
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] === name) found = found === undefined ? fields[i + 1] : `${found},${fields[i + 1]}`
    }
    return found
  }

  has(name: string): boolean {
    const fields = this.#fields
    for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return true
    return false
  }

  set(name: string, value: string): void {
    const fields = this.#fields
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] !== name) continue
      fields[i + 1] = value
      for (let j = fields.length - 2; j > i; j -= 2) if (fields[j] === name) fields.splice(j, 2)
      return
    }
    fields.push(name, value)
  }

  add(name: string, value: string): void {
    this.#fields.push(name, value)
  }

  get byteLength(): number {
    const fields = this.#fields
    let bytes = 2 * fields.length
    for (let i = 0; i < fields.length; i++) bytes += fields[i]?.length ?? 0
    return bytes
  }

  remove(name: string): void {
    const fields = this.#fields
    for (let i = fields.length - 2; i >= 0; i -= 2) if (fields[i] === name) fields.splice(i, 2)
  }

  forEach(visit: (name: string, value: string) => void): void {
    const fields = this.#fields
    for (let i = 0; i < fields.length; i += 2) visit(fields[i] ?? '', fields[i + 1] ?? '')
  }
}

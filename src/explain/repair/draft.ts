/** A copy of a document that rules change until it is valid, and that still knows where each part of it stood. */
import type { Path } from '../../api/object.ts'
import { isRecord } from '../../api/schema/prune.ts'

/** Something wrong, at a path of the document as it was written. */
export interface Fault {
  readonly code: string
  readonly path: Path
  readonly message: string
  readonly fix: string
}

export class Draft {
  readonly root: Record<string, unknown>
  readonly faults: Fault[] = []
  readonly #paths = new WeakMap<object, Path>()

  constructor(document: Readonly<Record<string, unknown>>) {
    const copy = this.#copy(document, [])
    this.root = isRecord(copy) ? copy : {}
  }

  #copy(value: unknown, path: Path): unknown {
    if (typeof value !== 'object' || value === null) return value
    const copy = Array.isArray(value) ? value.map((item, i) => this.#copy(item, [...path, i])) : this.#copyMap(value, path)
    this.#paths.set(copy, path)
    return copy
  }

  #copyMap(value: object, path: Path): Record<string, unknown> {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.#copy(entry, [...path, key])]))
  }

  /** Where a place in the draft stood in the document: the path of the deepest part of it that was there. */
  originalPath(path: Path): Path {
    let at: unknown = this.root
    let found: Path = []
    for (const [i, step] of path.entries()) {
      const inside: unknown = typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined
      if (typeof inside === 'object' && inside !== null) found = this.#paths.get(inside) ?? found
      else return inside === undefined ? found : [...found, ...path.slice(i)]
      at = inside
    }
    return found
  }

  /** Where a map or list of the draft stood in the document; [] for what was made here. */
  pathOf(part: object): Path {
    return this.#paths.get(part) ?? []
  }

  /** @param path in the draft */
  say(code: string, path: Path, message: string, fix: string): void {
    this.faults.push({ code, path: this.originalPath(path), message, fix })
  }

  /** The map under a key of the root, made when it is not there. */
  map(key: string): Record<string, unknown> {
    const there = this.root[key]
    if (isRecord(there)) return there
    const made: Record<string, unknown> = {}
    this.root[key] = made
    return made
  }
}

/**
 * Remembers what was made of a list of inputs, told apart by identity (objects) or value (texts, numbers). What was made is forgotten with
 * the objects it was made of: put objects before primitives in the list, and nothing needs to be cleaned up.
 */

interface Node<T> {
  objects: WeakMap<object, Node<T>> | undefined
  values: Map<unknown, Node<T>> | undefined
  made: { readonly value: T } | undefined
}

export class IdentityMemo<T> {
  readonly #root: Node<T> = node()

  /** @returns what `make` returned for the same inputs before, else what it returns now */
  get(inputs: readonly unknown[], make: () => T): T {
    let at = this.#root
    for (const input of inputs) at = step(at, input)
    at.made ??= { value: make() }
    return at.made.value
  }
}

function node<T>(): Node<T> {
  return { objects: undefined, values: undefined, made: undefined }
}

function step<T>(from: Node<T>, input: unknown): Node<T> {
  if (typeof input === 'object' && input !== null) {
    from.objects ??= new WeakMap()
    return from.objects.get(input) ?? add(from.objects, input)
  }
  from.values ??= new Map()
  return from.values.get(input) ?? add(from.values, input)
}

function add<T, K>(to: { set(key: K, value: Node<T>): unknown }, key: K): Node<T> {
  const made = node<T>()
  to.set(key, made)
  return made
}

/** `make` with a memory of one argument, forgotten with it. */
export function remembering<K extends object, T>(make: (key: K) => T): (key: K) => T {
  const known = new WeakMap<K, { readonly value: T }>()
  return key => {
    let entry = known.get(key)
    if (!entry) {
      entry = { value: make(key) }
      known.set(key, entry)
    }
    return entry.value
  }
}

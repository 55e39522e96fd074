/**
 * Where each key and list item of a document stands, in four numbers a node instead of a syntax tree: an object keeps this for as long
 * as it is in effect, so that any later step can name the line of a rule.
 */
import type { Path, Position } from '../../api/object.ts'

// A node: what its parent knows it by (index in a list, hash of the key in a map), line, column, and where the next sibling begins.
const WORDS = 4

/** Nodes are numbered in the order of the text; a node's children follow it. */
export class Positions {
  readonly #words: Uint32Array

  constructor(words: Uint32Array) {
    this.#words = words
  }

  /** The place of the deepest node on the path that is in the text. @param root the node the path starts from */
  at(path: Path, root = 0): Position {
    const node = this.node(path, root)
    return { line: this.#word(node, 1), column: this.#word(node, 2) }
  }

  /** The deepest node on the path that is in the text. */
  node(path: Path, root = 0): number {
    let node = root
    for (const step of path) {
      const child = this.#child(node, step)
      if (child === undefined) break
      node = child
    }
    return node
  }

  #child(parent: number, step: string | number): number | undefined {
    const key = typeof step === 'number' ? step : hash(step)
    const end = this.#word(parent, 3)
    for (let child = parent + 1; child < end; child = this.#word(child, 3)) if (this.#word(child, 0) === key) return child
    return undefined
  }

  #word(node: number, word: number): number {
    return this.#words[node * WORDS + word] ?? 0
  }
}

/** Takes the nodes in the order of the text: open, then the children, then close. */
export class PositionsBuilder {
  readonly #words: number[] = []

  /** @param key of the map entry, or index of the list item @returns what {@link close} wants */
  open(key: string | number, line: number, column: number): number {
    const node = this.#words.length / WORDS
    this.#words.push(typeof key === 'number' ? key : hash(key), line, column, 0)
    return node
  }

  close(node: number): void {
    this.#words[node * WORDS + 3] = this.#words.length / WORDS
  }

  build(): Positions {
    return new Positions(Uint32Array.from(this.#words))
  }
}

/** FNV-1a. Two keys of one map with one hash cost no more than a wrong line number. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}

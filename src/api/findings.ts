/** What validation finds in one object: errors keep it out of the mesh, warnings do not. */
import type { Path } from './object.ts'

export interface Finding {
  readonly level: 'error' | 'warning'
  /** Stable, for machines: "invalid-value" unless a rule has its own. */
  readonly code: string
  /** From the object's root. */
  readonly path: Path
  /** What is there and what was expected, without the path. */
  readonly message: string
  /** What to write instead, where that is known. */
  readonly fix: string | undefined
}

interface Extra {
  readonly code?: string
  readonly fix?: string | undefined
}

/** Collects findings; {@link at} goes deeper, so that a rule needs to know only its own part of the path. */
export class Findings {
  readonly all: Finding[]
  readonly #path: Path

  constructor(path: Path = [], all: Finding[] = []) {
    this.#path = path
    this.all = all
  }

  at(...steps: Path): Findings {
    return new Findings([...this.#path, ...steps], this.all)
  }

  error(message: string, extra?: Extra): void {
    this.#add('error', message, extra)
  }

  warning(message: string, extra?: Extra): void {
    this.#add('warning', message, extra)
  }

  /** Adds an error when there is one: the value checks (src/api/values) return a sentence, or undefined when all is well. */
  check(problem: string | undefined): void {
    if (problem !== undefined) this.error(problem)
  }

  #add(level: Finding['level'], message: string, extra: Extra = {}): void {
    this.all.push({ level, code: extra.code ?? 'invalid-value', path: this.#path, message, fix: extra.fix })
  }
}

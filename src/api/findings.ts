/** What validation finds in one object: errors keep it out of the mesh, warnings do not. */
import type { Path } from './object.ts'

export interface Finding {
  readonly level: 'error' | 'warning'
  /** From the object's root. */
  readonly path: Path
  readonly message: string
  /** What to write instead, where that is known. */
  readonly fix?: string
}

/** Collects findings; {@link at} goes one step deeper, so that a rule needs to know only its own part of the path. */
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

  error(message: string, fix?: string): void {
    this.#add('error', message, fix)
  }

  warning(message: string, fix?: string): void {
    this.#add('warning', message, fix)
  }

  #add(level: Finding['level'], message: string, fix: string | undefined): void {
    this.all.push({ level, path: this.#path, message, ...(fix === undefined ? {} : { fix }) })
  }
}

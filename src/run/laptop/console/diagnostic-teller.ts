/** Tells each problem of the configuration once, when it appears, and that it is gone when it is. */
import type { Diagnostic } from '../../../source/diagnostic.ts'
import { formatDiagnostic } from '../../../source/format.ts'
import type { Journal } from './journal.ts'

export class DiagnosticTeller {
  readonly #journal: Journal
  readonly #colour: boolean
  readonly #known = new Map<string, Map<string, Diagnostic>>()

  constructor(journal: Journal, colour: boolean) {
    this.#journal = journal
    this.#colour = colour
  }

  /** All that one part of the program has to say now. @returns the errors among it, as text without colour */
  replace(part: string, diagnostics: readonly Diagnostic[]): string[] {
    const before = this.#known.get(part) ?? new Map<string, Diagnostic>()
    const now = new Map(diagnostics.map(diagnostic => [formatDiagnostic(diagnostic, { colour: false }), diagnostic]))
    this.#known.set(part, now)
    for (const [text, diagnostic] of now) {
      if (!before.has(text)) this.#journal.tell(text, 'plain', formatDiagnostic(diagnostic, { colour: this.#colour }))
    }
    // The same problem in another line, or another one in the same object, is no good news.
    const troubled = new Set(diagnostics.filter(isError).map(subjectOf))
    for (const subject of new Set([...before.values()].filter(isError).map(subjectOf))) {
      if (!troubled.has(subject)) this.#journal.tell(`${subject} is in order again`, 'good')
    }
    return [...now].flatMap(([text, { level }]) => (level === 'error' ? [text] : []))
  }
}

function isError({ level }: Diagnostic): boolean {
  return level === 'error'
}

function subjectOf({ resource, file }: Diagnostic): string {
  return [resource, file && `(${file})`].filter(Boolean).join(' ')
}

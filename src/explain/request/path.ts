/** The way of one call as it is followed: names and steps so far. */
import type { Answer, ErrorName, Step } from './answer.ts'
import type { Cause, Causes } from './cause.ts'

type Names = {
  -readonly [Name in 'listener' | 'filterChain' | 'routeConfig' | 'virtualHost' | 'route' | 'cluster']?: Answer[Name]
}

export class Path {
  readonly causes: Causes
  readonly names: Names = {}
  readonly steps: Step[] = []
  error: ErrorName | null = null

  constructor(causes: Causes) {
    this.causes = causes
  }

  step(subject: string, text: string, cause?: Cause, notes: readonly string[] = []): void {
    this.steps.push({ subject, text, ...(cause && { cause }), ...(notes.length > 0 && { notes }) })
  }

  /** Notes that have not been told: outcomes of one route have much in common. */
  fresh(notes: readonly string[]): string[] {
    const told = new Set(this.steps.flatMap(step => step.notes ?? []))
    return notes.filter(note => !told.has(note))
  }

  /** The last step: the call gets no further. */
  fail(error: ErrorName, subject: string, text: string, notes: readonly string[] = [], cause?: Cause): void {
    this.error = error
    this.step(subject, text, cause, notes)
  }
}

/**
 * Everything that is said while a mesh runs, in one order: the lines of all processes and what mizzen itself has to tell. It goes to the
 * log file always, and to the terminal as soon as the start display has made room for it.
 */
import type { Writable } from 'node:stream'
import { LinePrinter, type Tone } from './line-printer.ts'
import type { LogFile } from './log-file.ts'
import { MIZZEN } from './log-line.ts'
import type { Paint } from './paint.ts'

/** While the terminal shows the start, so many lines wait for their turn; older ones are in the log file. */
const HELD_LINES = 500

export class Journal {
  readonly #file: LogFile
  readonly #terminal: Writable
  readonly #printer: LinePrinter
  readonly #now: () => number
  #held: string[] | undefined = []

  constructor(file: LogFile, terminal: Writable, paint: Paint, now: () => number = Date.now) {
    this.#file = file
    this.#terminal = terminal
    this.#printer = new LinePrinter(paint)
    this.#now = now
  }

  /** A line of a process. */
  line(source: string, text: string): void {
    this.#file.write({ at: this.#now(), source, text })
    this.#show(this.#printer.line(source, text))
  }

  /** Something that mizzen tells: one sentence, or several lines. @param shown the same text with colours of its own */
  tell(text: string, tone: Tone = 'plain', shown = text): void {
    for (const line of text.split('\n')) this.#file.write({ at: this.#now(), source: MIZZEN, text: line })
    for (const line of shown.split('\n')) this.#show(this.#printer.line(MIZZEN, line, tone))
  }

  /** The terminal is free: what waited is shown, and from now on everything at once. */
  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const line of held) this.#terminal.write(line)
  }

  #show(line: string): void {
    if (!this.#held) {
      this.#terminal.write(line)
      return
    }
    this.#held.push(line)
    if (this.#held.length > HELD_LINES) this.#held.shift()
  }
}

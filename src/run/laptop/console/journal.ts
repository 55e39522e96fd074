/**
 * Everything that is said while a mesh runs, in one order: the lines of all processes and what mizzen itself has to tell. It goes to the
 * log file always, and to the terminal as soon as the start display has made room for it.
 */
import type { Writable } from 'node:stream'
import type { LogFile } from './log-file.ts'
import { type LogLine, MIZZEN, prefixOf } from './log-line.ts'
import { type Colour, colourOf, type Paint } from './paint.ts'

export type Tone = 'plain' | 'good' | 'warning' | 'bad'

const TONES: Readonly<Record<Tone, Colour>> = { plain: 'bold', good: 'green', warning: 'yellow', bad: 'red' }

/** While the terminal shows the start, so many lines wait for their turn; older ones are in the log file. */
const HELD_LINES = 500

export class Journal {
  readonly #file: LogFile
  readonly #terminal: Writable
  readonly #paint: Paint
  readonly #now: () => number
  #held: string[] | undefined = []
  #width = 12

  constructor(file: LogFile, terminal: Writable, paint: Paint, now: () => number = Date.now) {
    this.#file = file
    this.#terminal = terminal
    this.#paint = paint
    this.#now = now
  }

  /** A line of a process. */
  line(source: string, text: string): void {
    this.#file.write({ at: this.#now(), source, text })
    this.#show(this.render({ source, text }, 'plain'))
  }

  /** Something that mizzen tells: one sentence, or several lines. */
  tell(text: string, tone: Tone = 'plain'): void {
    for (const line of text.split('\n')) {
      this.#file.write({ at: this.#now(), source: MIZZEN, text: line })
      this.#show(this.render({ source: MIZZEN, text: line }, tone))
    }
  }

  /** The terminal is free: what waited is shown, and from now on everything at once. */
  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const line of held) this.#terminal.write(line)
  }

  render({ source, text }: Pick<LogLine, 'source' | 'text'>, tone: Tone): string {
    const prefix = prefixOf(source)
    this.#width = Math.min(28, Math.max(this.#width, prefix.length))
    const own = source === MIZZEN
    const shown = this.#paint(prefix.padEnd(this.#width), own ? TONES[tone] : colourOf(prefix))
    return `${shown} ${this.#paint('|', 'grey')} ${own && tone !== 'plain' ? this.#paint(text, TONES[tone]) : text}\n`
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

/** Lines of many processes under each other: who, then what, in columns, each pod in a colour of its own. */
import { MIZZEN, prefixOf } from './log-line.ts'
import { type Colour, colourOf, type Paint } from './paint.ts'

export type Tone = 'plain' | 'good' | 'warning' | 'bad'

const TONES: Readonly<Record<Tone, Colour>> = { plain: 'bold', good: 'green', warning: 'yellow', bad: 'red' }
/** Longer names push their line to the right, and no others. */
const MAX_WIDTH = 28

export class LinePrinter {
  readonly #paint: Paint
  #width = 12

  constructor(paint: Paint) {
    this.#paint = paint
  }

  /** With its line break. @param tone of mizzen's own lines */
  line(source: string, text: string, tone: Tone = 'plain'): string {
    const prefix = prefixOf(source)
    this.#width = Math.min(MAX_WIDTH, Math.max(this.#width, prefix.length))
    const isOwn = source === MIZZEN
    const shown = this.#paint(prefix.padEnd(this.#width), isOwn ? TONES[tone] : colourOf(prefix))
    return `${shown} ${this.#paint('|', 'grey')} ${isOwn && tone !== 'plain' ? this.#paint(text, TONES[tone]) : text}\n`
  }
}

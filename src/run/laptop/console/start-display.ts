/**
 * What the terminal shows while the mesh starts: one line a pod, with a mark when it is ready. On a terminal the lines are drawn anew in
 * place; elsewhere each pod's line is written once, when it is ready.
 */
import type { Writable } from 'node:stream'
import { WriteStream } from 'node:tty'
import { isTerminal, type Paint } from './paint.ts'

export interface StartingPod {
  readonly name: string
  readonly engine: string
  readonly ready: boolean
  readonly phase: string
  readonly reason: string
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100

export class StartDisplay {
  readonly #out: Writable
  readonly #paint: Paint
  readonly #pods: () => readonly StartingPod[]
  readonly #startedAt = performance.now()
  readonly #readyAfter = new Map<string, number>()
  readonly #live: boolean
  #timer: NodeJS.Timeout | undefined
  #frame = 0
  #drawn = 0

  constructor(out: Writable, paint: Paint, pods: () => readonly StartingPod[]) {
    this.#out = out
    this.#paint = paint
    this.#pods = pods
    this.#live = isTerminal(out)
    if (this.#live) this.#timer = setInterval(() => this.#draw(), FRAME_MS).unref()
  }

  /** Something may have become ready. */
  changed(): void {
    for (const pod of this.#pods()) {
      if (!pod.ready || this.#readyAfter.has(pod.name)) continue
      this.#readyAfter.set(pod.name, performance.now() - this.#startedAt)
      if (!this.#live) this.#out.write(`${this.#line(pod)}\n`)
    }
  }

  /** The last look: what is drawn stays. */
  finish(): void {
    clearInterval(this.#timer)
    this.changed()
    if (this.#live) this.#draw()
  }

  #draw(): void {
    this.#frame++
    const columns = sizeOf(this.#out, 'columns') || 80
    // What has scrolled out at the top could not be drawn over.
    const rows = (sizeOf(this.#out, 'rows') || Number.POSITIVE_INFINITY) - 2
    const pods = this.#pods()
    const waitingFirst = pods.length > rows ? pods.toSorted((a, b) => Number(a.ready) - Number(b.ready)).slice(0, rows) : pods
    const lines = waitingFirst.map(pod => this.#line(pod, columns))
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : ''
    this.#out.write(up + lines.map(line => `${line}\u001b[K\n`).join('') + (lines.length < this.#drawn ? '\u001b[J' : ''))
    this.#drawn = lines.length
  }

  /** Not longer than the terminal is wide: a wrapped line could not be drawn over. */
  #line({ name, engine, ready, phase, reason }: StartingPod, width = Number.POSITIVE_INFINITY): string {
    const seconds = this.#readyAfter.get(name)
    const what = ready && seconds !== undefined ? `${(seconds / 1000).toFixed(1)} s` : reason ? `${phase}: ${reason}` : phase
    const mark = ready
      ? this.#paint('✔', 'green')
      : reason
        ? this.#paint('!', 'yellow')
        : (SPINNER[this.#frame % SPINNER.length] ?? '')
    const fixed = `  ${name.padEnd(28)} ${engine.padEnd(7)} `
    return `  ${mark}${fixed}${this.#paint(what.slice(0, Math.max(0, width - fixed.length - 4)), ready ? 'grey' : reason ? 'yellow' : 'grey')}`
  }
}

/** 0: not known. */
function sizeOf(out: Writable, side: 'columns' | 'rows'): number {
  return out instanceof WriteStream ? out[side] : 0
}

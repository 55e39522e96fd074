/**
 * The buffers a transport gathers its output in, and bodies wait in. A transport has one only between its first write of an event-loop turn and
 * the flush at the turn's end (longer while the peer does not read), so a few serve thousands of connections.
 *
 * Two sizes, because a 64 KB buffer a connection ran the pool dry at 300 active connections and cost 29 us a request:
 * a connection starts with a small one and moves to a large one when its turn's output does not fit.
 */
import type { Clock } from '../../lib/clock.ts'

export const SMALL_SLAB = 4 * 1024
export const LARGE_SLAB = 64 * 1024

/** Never given up: 512 KB and 1 MB. */
const KEEP_SMALL = 128
const KEEP_LARGE = 16
/** Kept while they are in use now and then: 2 MB and 16 MB. What is above goes to the garbage collector at once. */
const MOST_SMALL = 512
const MOST_LARGE = 256
/** What nobody needed for so long is given up. Milliseconds. */
const IDLE_MS = 2000

/** Slabs of one size. */
export class SlabPool {
  readonly #size: number
  readonly #keep: number
  readonly #most: number
  readonly #clock: Pick<Clock, 'after'>
  readonly #free: Buffer[] = []
  /** The fewest that were free since the last sweep: so many were not needed. */
  #spare = 0
  #sweeping = false

  /** @param keep how many are never given up @param most how many are kept as long as they are needed again and again */
  constructor(size: number, keep: number, most: number, clock: Pick<Clock, 'after'>) {
    this.#size = size
    this.#clock = clock
    this.#keep = keep
    this.#most = most
  }

  take(): Buffer {
    // Slow: outside Buffer's own pool, whose 8 KB pages a kept slab would pin.
    const slab = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size)
    if (this.#free.length < this.#spare) this.#spare = this.#free.length
    return slab
  }

  give(slab: Buffer): void {
    if (this.#free.length >= this.#most) return
    this.#free.push(slab)
    if (this.#free.length <= this.#keep || this.#sweeping) return
    this.#sweeping = true
    this.#spare = this.#free.length
    this.#clock.after(IDLE_MS, () => this.#sweep())
  }

  #sweep(): void {
    this.#free.splice(0, Math.min(this.#spare, this.#free.length - this.#keep))
    this.#spare = this.#free.length
    this.#sweeping = this.#free.length > this.#keep
    if (this.#sweeping) this.#clock.after(IDLE_MS, () => this.#sweep())
  }
}

/** A sweep is no reason for the process to live on. */
const CLOCK: Pick<Clock, 'after'> = {
  after(ms, run) {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
}

const small = new SlabPool(SMALL_SLAB, KEEP_SMALL, MOST_SMALL, CLOCK)
const large = new SlabPool(LARGE_SLAB, KEEP_LARGE, MOST_LARGE, CLOCK)

export function takeSmallSlab(): Buffer {
  return small.take()
}

export function takeLargeSlab(): Buffer {
  return large.take()
}

/** Gives a slab back; the caller holds no reference any longer, nor does the kernel. */
export function giveSlab(slab: Buffer): void {
  if (slab.length === SMALL_SLAB) small.give(slab)
  else if (slab.length === LARGE_SLAB) large.give(slab)
}

/**
 * Files that access log lines go to: one per path, however many listeners name it. Lines are gathered and written now and then, never one
 * by one, and a slow disk keeps no request waiting.
 */
import { openSync, write } from 'node:fs'
import { giveSlab, LARGE_SLAB, takeLargeSlab } from '../net/slab-pool.ts'

/** Lines are lost rather than memory when the file takes nothing for a long time. */
const MOST_WAITING = 16 * 1024 * 1024
/** Octets that a character may take. */
const WIDEST = 3

const NO_SLAB: Buffer = Buffer.alloc(0)

/** Lines become bytes at once: as text they would live until they are written, and make the garbage collector move each of them. */
export class LogFile {
  readonly #descriptor: number
  readonly #flushMs: number
  /** What is gathered: `#used` bytes at the start of `#slab`. */
  #slab = NO_SLAB
  #used = 0
  /** Full, to be written in this order; and how much that is. */
  readonly #full: Buffer[] = []
  #fullBytes = 0
  #writing = false
  #timer: NodeJS.Timeout | undefined
  readonly #waiting: (() => void)[] = []

  constructor(descriptor: number, flushMs: number) {
    this.#descriptor = descriptor
    this.#flushMs = flushMs
  }

  /** @param line with its line feed */
  append(line: string): void {
    if (this.#fullBytes > MOST_WAITING) return
    const most = line.length * WIDEST
    if (this.#used + most > this.#slab.length) this.#cut()
    if (most > LARGE_SLAB) this.#push(Buffer.from(line))
    else {
      if (this.#slab === NO_SLAB) this.#slab = takeLargeSlab()
      this.#used += this.#slab.write(line, this.#used)
    }
    if (this.#writing) return
    if (this.#full.length > 0) this.flush()
    else if (this.#timer === undefined) this.#timer = setTimeout(() => this.flush(), this.#flushMs).unref()
  }

  /** Starts to write what is gathered. @param done called when all of it is written */
  flush(done?: () => void): void {
    if (done !== undefined) this.#waiting.push(done)
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!this.#writing) this.#next()
  }

  /** What is gathered is to be written. */
  #cut(): void {
    if (this.#used > 0) this.#push(this.#slab.subarray(0, this.#used))
    this.#slab = NO_SLAB
    this.#used = 0
  }

  #push(bytes: Buffer): void {
    this.#full.push(bytes)
    this.#fullBytes += bytes.length
  }

  #next(): void {
    if (this.#full.length === 0) this.#cut()
    const bytes = this.#full.shift()
    if (bytes === undefined) {
      for (const done of this.#waiting.splice(0)) done()
      return
    }
    this.#fullBytes -= bytes.length
    this.#writing = true
    this.#write(bytes, 0)
  }

  #write(bytes: Buffer, from: number): void {
    write(this.#descriptor, bytes, from, bytes.length - from, null, (error, written) => {
      // A full pipe of the process that reads our output: try again in a moment. Any other error loses these lines.
      if (error?.code === 'EAGAIN') setTimeout(() => this.#write(bytes, from), 10)
      else if (error === null && from + written < bytes.length) this.#write(bytes, from + written)
      else {
        if (bytes.buffer.byteLength === LARGE_SLAB) giveSlab(Buffer.from(bytes.buffer))
        this.#writing = false
        this.#next()
      }
    })
  }
}

export class LogFiles {
  readonly #flushMs: number
  readonly #descriptor: (path: string) => number
  readonly #files = new Map<string, LogFile>()

  /** @param flushMs how long a line may wait @param open gives the descriptor of a path; `explain` opens nothing */
  constructor(flushMs: number, open: (path: string) => number = descriptor) {
    this.#flushMs = flushMs
    this.#descriptor = open
  }

  /** @throws when the file can't be opened */
  open(path: string): LogFile {
    const known = this.#files.get(path)
    if (known) return known
    const file = new LogFile(this.#descriptor(path), this.#flushMs)
    this.#files.set(path, file)
    return file
  }

  /** Writes what is gathered anywhere; resolves when it is written. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#files.values(), file => new Promise<void>(resolve => file.flush(resolve))))
  }
}

function descriptor(path: string): number {
  // Opening /dev/stdout anew fails when it is a socket, as under process supervisors.
  if (path === '/dev/stdout') return 1
  if (path === '/dev/stderr') return 2
  try {
    return openSync(path, 'a', 0o644)
  } catch (error) {
    throw new Error(`Cannot open access log: "${path}", ${error instanceof Error ? error.message : String(error)}`)
  }
}

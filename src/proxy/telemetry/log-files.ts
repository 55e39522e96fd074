/**
 * Files that access log lines go to: one per path, however many listeners name it. Lines are gathered and written now and then, never one
 * by one, and a slow disk keeps no request waiting.
 */
import { openSync, write } from 'node:fs'

/** What is gathered is written at the latest when it is this long, in characters. */
const FLUSH_SIZE = 64 * 1024
/** Lines are lost rather than memory when the file takes nothing for a long time. */
const MOST_WAITING = 16 * 1024 * 1024

export class LogFile {
  readonly #descriptor: number
  readonly #flushMs: number
  #gathered = ''
  #writing = false
  #timer: NodeJS.Timeout | undefined
  readonly #waiting: (() => void)[] = []

  constructor(descriptor: number, flushMs: number) {
    this.#descriptor = descriptor
    this.#flushMs = flushMs
  }

  /** @param line with its line feed */
  append(line: string): void {
    if (this.#gathered.length > MOST_WAITING) return
    this.#gathered += line
    if (this.#writing) return
    if (this.#gathered.length >= FLUSH_SIZE) this.flush()
    else if (this.#timer === undefined) this.#timer = setTimeout(() => this.flush(), this.#flushMs).unref()
  }

  /** Starts to write what is gathered. @param done called when all of it is written */
  flush(done?: () => void): void {
    if (done !== undefined) this.#waiting.push(done)
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!this.#writing) this.#next()
  }

  #next(): void {
    if (this.#gathered === '') {
      for (const done of this.#waiting.splice(0)) done()
      return
    }
    const bytes = Buffer.from(this.#gathered)
    this.#gathered = ''
    this.#writing = true
    this.#write(bytes)
  }

  #write(bytes: Buffer): void {
    write(this.#descriptor, bytes, 0, bytes.length, null, (error, written) => {
      // A full pipe of the process that reads our output: try again in a moment. Any other error loses these lines.
      if (error?.code === 'EAGAIN') setTimeout(() => this.#write(bytes), 10)
      else if (error === null && written < bytes.length) this.#write(bytes.subarray(written))
      else {
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

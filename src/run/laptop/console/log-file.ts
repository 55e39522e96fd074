/** The file that holds the lines of a run: written while it runs, read by `mizzen logs`. One earlier part is kept when it grows large. */
import { closeSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { LineSplitter } from '../process/lines.ts'
import { formatLogLine, type LogLine, parseLogLine } from './log-line.ts'

const MAX_BYTES = 32 * 1024 * 1024
const earlier = (file: string) => `${file}.1`

/** Lines are gathered for so long, so that a chatty mesh costs few writes. */
const FLUSH_MS = 50

export class LogFile {
  readonly #path: string
  readonly #maxBytes: number
  #file: number
  #size = 0
  #waiting = ''
  #timer: NodeJS.Timeout | undefined

  /** Starts an empty file. */
  constructor(path: string, maxBytes = MAX_BYTES) {
    this.#path = path
    this.#maxBytes = maxBytes
    rmSync(earlier(path), { force: true })
    this.#file = openSync(path, 'w', 0o600)
  }

  write(line: LogLine): void {
    this.#waiting += formatLogLine(line)
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref()
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const bytes = Buffer.from(this.#waiting)
    this.#waiting = ''
    writeSync(this.#file, bytes)
    this.#size += bytes.length
    if (this.#size < this.#maxBytes) return
    closeSync(this.#file)
    renameSync(this.#path, earlier(this.#path))
    this.#file = openSync(this.#path, 'w', 0o600)
    this.#size = 0
  }

  close(): void {
    this.flush()
    closeSync(this.#file)
  }
}

const POLL_MS = 100

/** The lines that are there and, while `goOn` says yes, those that come. Nothing when there is no file. */
export async function* readLog(path: string, goOn: () => boolean = () => false): AsyncGenerator<LogLine> {
  const found: LogLine[] = []
  const splitter = new LineSplitter(text => {
    const line = parseLogLine(text)
    if (line) found.push(line)
  })
  new Tail(earlier(path)).read(chunk => splitter.push(chunk))
  const tail = new Tail(path)
  for (;;) {
    const last = !goOn()
    tail.read(chunk => splitter.push(chunk))
    yield* found.splice(0)
    if (last) return
    await delay(POLL_MS)
  }
}

/** Reads what was added to a file since last time; when it was replaced, first the rest of the earlier part. */
class Tail {
  readonly #path: string
  #inode: number | undefined
  #position = 0

  constructor(path: string) {
    this.#path = path
  }

  read(onChunk: (chunk: Buffer) => void): void {
    const inode = inodeOf(this.#path)
    if (inode === undefined) return
    if (this.#inode !== undefined && inode !== this.#inode) {
      if (inodeOf(earlier(this.#path)) === this.#inode) this.#readFrom(earlier(this.#path), onChunk)
      this.#position = 0
    }
    this.#inode = inode
    this.#readFrom(this.#path, onChunk)
  }

  #readFrom(path: string, onChunk: (chunk: Buffer) => void): void {
    const file = openSync(path, 'r')
    try {
      const chunk = Buffer.allocUnsafe(64 * 1024)
      for (;;) {
        const read = readSync(file, chunk, 0, chunk.length, this.#position)
        if (read === 0) return
        this.#position += read
        onChunk(chunk.subarray(0, read))
      }
    } finally {
      closeSync(file)
    }
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

/**
 * Calls back when something in some directories may have changed: soon, once for many events, and never twice at a time. What changed is
 * the callee's to find out, so a lost or doubled event does no harm.
 */
import { type FSWatcher, watch } from 'node:fs'

interface Watched {
  readonly watcher: FSWatcher
  readonly inode: bigint
}

/** Quiet time after which a burst of events is over. */
const QUIET_MS = 30
/** After this long a burst that does not end is looked at all the same. */
const PATIENCE_MS = 500
/** Where a directory cannot be watched (too many watches, some network file systems) it is looked at this often. */
const POLL_MS = 1000

export class DirectoryWatcher {
  readonly #onChange: () => Promise<void>
  readonly #watched = new Map<string, Watched>()
  #timer: NodeJS.Timeout | undefined
  #poll: NodeJS.Timeout | undefined
  #burstBegan: number | undefined
  #running = false
  #again = false
  #closed = false
  #waiting: (() => void)[] = []

  /** @param onChange must not reject */
  constructor(onChange: () => Promise<void>) {
    this.#onChange = onChange
  }

  /** From now on these directories (path and inode), without what is below them, and no others. */
  watch(directories: ReadonlyMap<string, bigint>): void {
    if (this.#closed) return
    for (const [directory, { watcher, inode }] of this.#watched) {
      if (directories.get(directory) === inode) continue
      watcher.close()
      this.#watched.delete(directory)
    }
    for (const [directory, inode] of directories) if (!this.#watched.has(directory)) this.#add(directory, inode)
    if (this.#watched.size < directories.size) this.#poll ??= setInterval(() => this.#happened(), POLL_MS)
    else {
      clearInterval(this.#poll)
      this.#poll = undefined
    }
  }

  /** Calls back after that time even if nothing happens. */
  lookAgain(milliseconds: number): void {
    setTimeout(() => this.#happened(), milliseconds)
  }

  /** Resolves when the callback has run that began after this call; at once when it is closed. */
  now(): Promise<void> {
    return new Promise(resolve => {
      if (this.#closed) return resolve()
      this.#waiting.push(resolve)
      clearTimeout(this.#timer)
      void this.#run()
    })
  }

  close(): void {
    this.#closed = true
    for (const resolve of this.#waiting.splice(0)) resolve()
    clearTimeout(this.#timer)
    clearInterval(this.#poll)
    for (const { watcher } of this.#watched.values()) watcher.close()
    this.#watched.clear()
  }

  #add(directory: string, inode: bigint): void {
    try {
      const watcher = watch(directory, () => this.#happened())
      watcher.on('error', () => {
        watcher.close()
        this.#watched.delete(directory)
        this.#happened()
      })
      this.#watched.set(directory, { watcher, inode })
      this.#happened() // for what changed in it before it was watched
    } catch {
      // Not watched, so it is polled.
    }
  }

  #happened(): void {
    if (this.#closed) return
    const now = performance.now()
    this.#burstBegan ??= now
    clearTimeout(this.#timer)
    const wait = Math.max(0, Math.min(QUIET_MS, this.#burstBegan + PATIENCE_MS - now))
    this.#timer = setTimeout(() => void this.#run(), wait)
  }

  async #run(): Promise<void> {
    this.#burstBegan = undefined
    if (this.#running) {
      this.#again = true
      return
    }
    this.#running = true
    do {
      this.#again = false
      const waiting = this.#waiting.splice(0)
      await this.#onChange()
      for (const resolve of waiting) resolve()
    } while (this.#again && !this.#closed)
    this.#running = false
  }
}

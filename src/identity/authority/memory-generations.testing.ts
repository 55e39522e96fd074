/** Generations without a disk, for tests: with others who write in between, and disks that are full. */
import type { Generation, Generations } from './generations.ts'

export class MemoryGenerations implements Generations {
  newest: Generation | undefined
  /** Runs once, before the next write. */
  before: (() => void) | undefined
  full = false

  read(): Generation | undefined {
    return this.newest
  }

  write(next: Generation): boolean {
    const before = this.before
    this.before = undefined
    before?.()
    if (this.full) throw new Error('ENOSPC: no space left on device')
    if (next.number <= (this.newest?.number ?? 0)) return false
    this.newest = next
    return true
  }
}

/** Keeps the status file as new as what it tells of, without writing it a hundred times a second. */
import type { StateDirectory } from '../state/directory.ts'
import { type MeshStatus, writeMeshStatus } from './mesh-status.ts'

/** Many changes in a short time are written once. */
const WRITE_MS = 50

export class StatusPublisher {
  readonly #state: StateDirectory
  #last: MeshStatus | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(state: StateDirectory) {
    this.#state = state
  }

  publish(status: MeshStatus): void {
    const urgent = status.phase !== this.#last?.phase
    this.#last = status
    if (urgent) this.#write()
    else this.#timer ??= setTimeout(() => this.#write(), WRITE_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#last) writeMeshStatus(this.#state, this.#last)
  }
}

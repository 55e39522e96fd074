/** Becoming the one `mizzen up` of a directory: its lock is taken, after what a killed run left behind was ended. */
import type { StateDirectory } from './directory.ts'
import { endLeftovers } from './leftovers.ts'
import { breakLock, type Holder, readLock, takeLock } from './lock.ts'

export interface Claim {
  /** Processes of a killed run that were ended. */
  readonly ended: number
}

/** @param alreadyRunning what to say when another one runs @throws that */
export async function claim(
  state: StateDirectory,
  directory: string,
  isolated: boolean,
  alreadyRunning: (holder: Holder) => string,
): Promise<Claim> {
  let ended = 0
  for (;;) {
    const lock = readLock(state)
    if (lock.kind === 'held') throw new Error(alreadyRunning(lock.holder))
    if (lock.kind === 'stale') {
      ended += (await endLeftovers(state, lock.holder)).length
      breakLock(state)
    }
    if (takeLock(state, directory, isolated)) return { ended }
  }
}

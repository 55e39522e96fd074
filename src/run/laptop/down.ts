/** Stops a mesh from outside: asks the `mizzen up` that runs it, and ends what one that was killed left behind. */
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive } from './process/start-time.ts'
import { type StateDirectory, stateDirectoryOf } from './state/directory.ts'
import { findRunning, type Place } from './state/find.ts'
import { endLeftovers } from './state/leftovers.ts'
import { breakLock, type Holder, readLock, releaseLock, takeLock } from './state/lock.ts'

/** Longer than any grace period that `up` grants when it stops. */
const PATIENCE_MS = 15_000
const LOOK_MS = 50

/**
 * @param directory undefined: the only mesh that runs
 * @param ofRun only if the mesh is (or was) run by this process
 * @returns what was done, in a sentence @throws when there is nothing to stop
 */
export async function down(directory: string | undefined, place: Place, ofRun?: number): Promise<string> {
  const state = staleState(directory, place)
  if (!state) {
    const running = findRunning(directory, place)
    return running.holder.pid === (ofRun ?? running.holder.pid)
      ? stop(running.state, running.holder)
      : 'Another run has begun since'
  }
  const lock = readLock(state)
  const holder = lock.kind === 'stale' ? lock.holder : undefined
  if (ofRun !== undefined && holder?.pid !== ofRun) return 'Another run has begun since'
  const ended = await endLeftovers(state, holder)
  breakLock(state)
  clearFiles(state, holder?.directory ?? '')
  return `Cleared away the mesh of "${holder?.directory ?? state.path}", which had been killed: ended ${ended.length} processes`
}

/** The state directory of that mesh when its `up` is gone without having cleared away. */
function staleState(directory: string | undefined, { cwd, env }: Place): StateDirectory | undefined {
  const asked = path.resolve(cwd, directory ?? '.')
  if (!existsSync(asked)) return undefined
  const state = stateDirectoryOf(asked, env)
  return readLock(state).kind === 'stale' ? state : undefined
}

async function stop(state: StateDirectory, holder: Holder): Promise<string> {
  const { pid, startTime, directory } = holder
  process.kill(pid, 'SIGTERM')
  for (let waited = 0; isAlive(pid, startTime); waited += LOOK_MS) {
    if (waited >= PATIENCE_MS) {
      process.kill(pid, 'SIGKILL')
      await endLeftovers(state, holder)
      breakLock(state)
      clearFiles(state, directory)
      return `Stopped the mesh of "${directory}" by force: process ${pid} did not end within ${PATIENCE_MS / 1000} s`
    }
    await delay(LOOK_MS)
  }
  return `Stopped the mesh of "${directory}"`
}

/** Under the lock, or not at all: the next `mizzen up` may have begun already, and these are its files then. */
function clearFiles(state: StateDirectory, directory: string): void {
  if (!takeLock(state, directory, false)) return
  for (const file of [state.mesh, state.xds]) rmSync(file, { force: true })
  releaseLock(state)
}

/** Which running mesh a command is about when it names a directory, or none. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { allStateDirectories, type StateDirectory, stateDirectoryOf } from './directory.ts'
import { type Holder, readLock } from './lock.ts'

export interface RunningMesh {
  readonly state: StateDirectory
  readonly holder: Holder
}

export interface Place {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * The mesh of that directory; without one, of the directory the user is in, or the only one that runs.
 * @throws when there is none, or several
 */
export function findRunning(directory: string | undefined, { cwd, env }: Place): RunningMesh {
  const asked = path.resolve(cwd, directory ?? '.')
  if (existsSync(asked)) {
    const state = stateDirectoryOf(asked, env)
    const lock = readLock(state)
    if (lock.kind === 'held') return { state, holder: lock.holder }
  }
  if (directory !== undefined)
    throw new Error(`Cannot find the mesh of "${directory}": it does not run; "mizzen up ${directory}" starts it`)
  const running = allRunning(env)
  const [only, another] = running
  if (!only) throw new Error('Cannot find a mesh: none runs on this machine; "mizzen up DIR" starts one')
  if (!another) return only
  const names = running.map(({ holder }) => `  ${holder.directory}`).join('\n')
  throw new Error(`Cannot choose a mesh: several run on this machine, name the directory of one\n${names}`)
}

export function allRunning(env: Place['env']): RunningMesh[] {
  return allStateDirectories(env).flatMap(state => {
    const lock = readLock(state)
    return lock.kind === 'held' ? [{ state, holder: lock.holder }] : []
  })
}

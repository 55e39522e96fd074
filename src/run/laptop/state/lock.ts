/**
 * Who runs the mesh of a state directory. The lock names its process by id and start time, so one that was killed is told from one
 * that runs, and its leftovers can be ended.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isAlive, startTimeOf } from '../process/start-time.ts'
import type { StateDirectory } from './directory.ts'

export interface Holder {
  readonly pid: number
  readonly startTime: string
  /** The manifests' directory, absolute. */
  readonly directory: string
  readonly isolated: boolean
}

export type Lock =
  | { readonly kind: 'free' }
  /** Its process is gone without having cleared away. */
  | { readonly kind: 'stale'; readonly holder: Holder | undefined }
  | { readonly kind: 'held'; readonly holder: Holder }

export function readLock(state: StateDirectory): Lock {
  let text: string
  try {
    text = readFileSync(state.lock, 'utf8')
  } catch {
    return { kind: 'free' }
  }
  const holder = parseHolder(text)
  return holder && isAlive(holder.pid, holder.startTime) ? { kind: 'held', holder } : { kind: 'stale', holder }
}

/** Takes a free lock for this process. @returns false when another process was faster */
export function takeLock(state: StateDirectory, directory: string, isolated: boolean): boolean {
  const startTime = startTimeOf(process.pid)
  if (startTime === undefined)
    throw new Error(`Cannot lock "${state.path}": the system does not tell when process ${process.pid} started`)
  const holder: Holder = { pid: process.pid, startTime, directory, isolated }
  // Written whole, then linked: nobody ever reads half a lock.
  const mine = `${state.lock}.${process.pid}`
  writeFileSync(mine, JSON.stringify(holder), { mode: 0o600 })
  try {
    linkSync(mine, state.lock)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(mine)
  }
}

/** Removes a stale lock. Of several processes that try, one succeeds: the others find it gone, or taken anew. */
export function breakLock(state: StateDirectory): void {
  const broken = `${state.lock}.broken.${process.pid}`
  try {
    renameSync(state.lock, broken)
  } catch {
    return
  }
  try {
    const holder = parseHolder(readFileSync(broken, 'utf8'))
    // Somebody was faster, and this is their lock.
    if (holder && isAlive(holder.pid, holder.startTime)) linkSync(broken, state.lock)
  } finally {
    rmSync(broken)
  }
}

/** Gives up this process' own lock. */
export function releaseLock(state: StateDirectory): void {
  const lock = readLock(state)
  if (lock.kind === 'held' && lock.holder.pid === process.pid) rmSync(state.lock, { force: true })
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(text)
    if (typeof holder !== 'object' || holder === null) return undefined
    if (!('pid' in holder && 'startTime' in holder && 'directory' in holder && 'isolated' in holder)) return undefined
    const { pid, startTime, directory, isolated } = holder
    if (
      typeof pid !== 'number' ||
      typeof startTime !== 'string' ||
      typeof directory !== 'string' ||
      typeof isolated !== 'boolean'
    )
      return undefined
    return { pid, startTime, directory, isolated }
  } catch {
    return undefined
  }
}

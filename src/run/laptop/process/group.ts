/**
 * Ending process groups: politely, then for certain. Every process that mizzen starts leads a group of its own, so that whatever it
 * starts itself ends with it.
 */
import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { readStat } from './start-time.ts'

const POLL_MS = 20

export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal)
  } catch {
    // Nobody is left, or somebody who changed its user and is not ours to signal: `isGroupEmpty` tells them apart.
  }
}

/**
 * SIGTERM, then SIGKILL to whoever is left after `graceMs`. Resolves when the group is empty, or a second after SIGKILL (a process in
 * uninterruptible sleep cannot be helped).
 */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  signalGroup(leader, 'SIGTERM')
  if (await isGroupEmptyWithin(leader, graceMs)) return
  signalGroup(leader, 'SIGKILL')
  await isGroupEmptyWithin(leader, 1000)
}

export async function isGroupEmptyWithin(leader: number, limitMs: number): Promise<boolean> {
  for (let waited = 0; ; waited += POLL_MS) {
    if (isGroupEmpty(leader)) return true
    if (waited >= limitMs) return false
    await delay(POLL_MS)
  }
}

/** Zombies do not count: an orphan stays one until init takes notice, which some inits of containers never do. */
export function isGroupEmpty(leader: number): boolean {
  try {
    process.kill(-leader, 0)
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'EPERM')
  }
  if (process.platform !== 'linux' || readStat(leader)?.group === leader) return false
  return !hasLivingMember(leader)
}

/** Looks at every process there is: for the rare group whose leader is gone. */
function hasLivingMember(group: number): boolean {
  return readdirSync('/proc').some(name => /^\d+$/.test(name) && readStat(Number(name))?.group === group)
}

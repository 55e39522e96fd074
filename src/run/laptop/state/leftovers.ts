/** Ends what a killed run left behind: processes that its ledger names and that are still the same ones, and its pods' networks. */
import { globSync, rmSync } from 'node:fs'
import path from 'node:path'
import { clearNetwork } from '../isolate/clear.ts'
import { endGroup } from '../process/group.ts'
import { type RecordedProcess, readLedger } from '../process/ledger.ts'
import { isAlive } from '../process/start-time.ts'
import type { StateDirectory } from './directory.ts'
import type { Holder } from './lock.ts'

/** Shorter than for a mesh that stops in order: nobody waits for these any more. */
const GRACE_MS = 1000

/** @param holder of the stale lock; unknown when the lock cannot be read: then every ledger counts @returns what was ended */
export async function endLeftovers(state: StateDirectory, holder: Holder | undefined): Promise<RecordedProcess[]> {
  const ledgers = holder ? [state.processesOf(holder.pid)] : globSync(path.join(state.path, 'processes-*'))
  const alive = ledgers.flatMap(readLedger).filter(({ pid, startTime }) => isAlive(pid, startTime))
  await Promise.all(alive.map(({ pid }) => endGroup(pid, GRACE_MS)))
  if (holder?.isolated) await clearNetwork(holder.pid)
  for (const file of ledgers) rmSync(file, { force: true })
  return alive
}

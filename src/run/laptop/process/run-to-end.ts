/** A command that is expected to end by itself soon. */
import { type ChildCommand, startChild } from './child.ts'
import type { Ledger } from './ledger.ts'

/** @returns the exit code; undefined when it could not run, or did not end in time and was killed */
export async function runToEnd(command: ChildCommand, timeoutMs: number, ledger: Ledger): Promise<number | undefined> {
  const child = startChild(command, { line() {} }, ledger)
  const timer = setTimeout(() => void child.stop(0), timeoutMs)
  const exit = await child.ended
  clearTimeout(timer)
  return exit.kind === 'exited' ? exit.code : undefined
}

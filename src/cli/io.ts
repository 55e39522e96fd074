/**
 * What a verb may touch of the process it runs in. Verbs take it as an argument, so tests run them in-process.
 *
 * Every verb is a module with `export async function run(args: readonly string[], io: Io): Promise<number>`: the arguments after the
 * verb in, the exit code out.
 */
import type { Readable, Writable } from 'node:stream'

export interface Io {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
  /** Relative paths in arguments are relative to this. */
  readonly cwd: string
}

/** 0: done. 1: what was asked for failed (invalid configuration, a workload that never became ready). 2: the command line is wrong. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const

/** Runs the programs that write rules: iptables, nft, ip. */
import { spawnSync } from 'node:child_process'

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** @returns code 127 when there is no such program, as a shell says it */
export type RunCommand = (argv: readonly [string, ...string[]], input?: string) => CommandResult

export const runCommand: RunCommand = ([program, ...args], input = '') => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8' })
  if (error !== undefined) return { code: 127, stdout: '', stderr: error.message }
  return { code: status ?? 1, stdout, stderr }
}

/** The same inside another network namespace: a path such as /proc/PID/ns/net, or /var/run/netns/NAME. */
export function inNamespace(path: string, run: RunCommand = runCommand): RunCommand {
  return (argv, input) => run(['nsenter', `--net=${path}`, '--', ...argv], input)
}

/** @throws with the program's own words */
export function must(run: RunCommand, argv: readonly [string, ...string[]], input?: string): string {
  const { code, stdout, stderr } = run(argv, input)
  if (code === 0) return stdout
  throw new Error(`Cannot run "${argv.join(' ')}": ${stderr.trim() || `exit code ${code}`}`)
}

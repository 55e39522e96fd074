/** One child process in a group of its own: started, recorded, its output cut into lines, its end awaited. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { endGroup, isGroupEmptyWithin, signalGroup } from './group.ts'
import type { Ledger } from './ledger.ts'
import { LineSplitter } from './lines.ts'

export interface ChildCommand {
  /** For the ledger and messages: "shop/cart-0/app". */
  readonly name: string
  /** Program and arguments; not empty. */
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

export interface ChildOutput {
  line(text: string, stream: 'stdout' | 'stderr'): void
}

/** How it ended. */
export type Exit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  /** It never ran. */
  | { readonly kind: 'not-started'; readonly reason: string }

export interface Child {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined
  /** Settles when the process has ended, all its output was read and nothing of its group is left. */
  readonly ended: Promise<Exit>
  /** SIGTERM to the group, SIGKILL after `graceMs`. */
  stop(graceMs: number): Promise<Exit>
}

const READ_AFTER_EXIT_MS = 1000

export function startChild(command: ChildCommand, output: ChildOutput, ledger: Ledger): Child {
  const [file = '', ...args] = command.argv
  let child: ChildProcess
  try {
    child = spawn(file, args, { cwd: command.cwd, env: command.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    // Arguments that no process can have, such as an empty program name or a NUL.
    return neverStarted(`Cannot run "${file}": ${error instanceof Error ? error.message : error}`)
  }
  const { pid } = child
  if (pid !== undefined) ledger.started(pid, command.name)
  for (const stream of ['stdout', 'stderr'] as const) {
    const lines = new LineSplitter(text => output.line(text, stream))
    child[stream]?.on('data', chunk => lines.push(chunk)).on('end', () => lines.end())
  }
  let stopping = false
  const ended = new Promise<Exit>(resolve => {
    child.on('error', error => {
      if (pid === undefined) resolve({ kind: 'not-started', reason: whyNotStarted(file, command.cwd, error) })
    })
    child.on('exit', () => {
      if (pid === undefined) return
      // What a leader leaves behind when it crashes would keep its ports. On `stop` its group has the grace period.
      if (!stopping) signalGroup(pid, 'SIGKILL')
      // `close` comes when all output is read; a process that left the group may hold the pipes open for ever.
      setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, READ_AFTER_EXIT_MS).unref()
    })
    child.on('close', async (code, signal) => {
      if (pid === undefined) return
      if (await isGroupEmptyWithin(pid, READ_AFTER_EXIT_MS)) ledger.ended(pid)
      resolve(signal ? { kind: 'killed', signal } : { kind: 'exited', code: code ?? 0 })
    })
  })
  return {
    pid,
    ended,
    async stop(graceMs) {
      stopping = true
      if (pid !== undefined && child.exitCode === null && child.signalCode === null) await endGroup(pid, graceMs)
      return ended
    },
  }
}

function neverStarted(reason: string): Child {
  const exit: Exit = { kind: 'not-started', reason }
  return { pid: undefined, ended: Promise.resolve(exit), stop: async () => exit }
}

function whyNotStarted(file: string, cwd: string, error: Error): string {
  const code = 'code' in error ? error.code : undefined
  // Node reports a missing directory as if the program were missing.
  if (code === 'ENOENT' && !existsSync(cwd)) return `Cannot run "${file}": its working directory "${cwd}" does not exist`
  if (code === 'ENOENT') return `Cannot run "${file}": no such program on this machine`
  if (code === 'EACCES') return `Cannot run "${file}": it is not executable`
  return `Cannot run "${file}": ${error.message}`
}

/** "exit code 1", "killed by SIGSEGV". */
export function describeExit(exit: Exit): string {
  if (exit.kind === 'exited') return `exit code ${exit.code}`
  return exit.kind === 'killed' ? `killed by ${exit.signal}` : exit.reason
}

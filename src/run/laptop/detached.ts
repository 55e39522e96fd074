/** `mizzen up --detach`: the same command in the background, watched until all is ready. */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { installation } from '../installation.ts'
import { mizzenCommandLine } from './command-line.ts'
import { painter } from './console/paint.ts'
import { StartDisplay } from './console/start-display.ts'
import { welcome } from './console/welcome.ts'
import { stateDirectoryOf } from './state/directory.ts'
import { readLock } from './state/lock.ts'
import { type MeshStatus, readMeshStatus } from './status/mesh-status.ts'

export interface DetachedOptions {
  /** Of `mizzen up`, without --detach. */
  readonly args: readonly string[]
  readonly directory: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly out: Writable
  readonly timeoutMs: number
  readonly ingressPort: number | undefined
}

const LOOK_MS = 50

/** @returns whether all is ready; if not, the reasons have been written to `out` */
export async function upDetached(options: DetachedOptions): Promise<boolean> {
  const { args, directory, cwd, env, out, timeoutMs } = options
  const absolute = path.resolve(cwd, directory)
  if (!existsSync(absolute)) throw new Error(`Cannot run "${directory}": there is no such directory`)
  const state = stateDirectoryOf(absolute, env)
  state.create()
  const output = openSync(state.output, 'w', 0o600)
  const [node, script] = installation().mizzen
  const child = spawn(node, [...process.execArgv, script, 'up', ...args], {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  let ended = false
  child.on('exit', () => {
    ended = true
  })
  child.unref()

  const paint = painter(out, env)
  let status: MeshStatus | undefined
  const display = new StartDisplay(out, paint, () => status?.workloads ?? [])
  const begun = performance.now()
  while (!ended) {
    const lock = readLock(state)
    if (lock.kind === 'held' && lock.holder.pid === child.pid) status = readMeshStatus(state, lock.holder.pid)
    display.changed()
    if (status?.phase === 'ready') {
      display.finish()
      return report(status, options, absolute)
    }
    if (performance.now() - begun >= timeoutMs) {
      display.finish()
      out.write(`\nNot everything is ready after ${timeoutMs / 1000} s; what runs goes on:\n${reasons(status)}`)
      out.write(`"${mizzenCommandLine(env, cwd)} logs" tells more, "... down" stops it\n`)
      return false
    }
    await delay(LOOK_MS)
  }
  display.finish()
  out.write(readFileSync(state.output, 'utf8'))
  return false
}

function report(status: MeshStatus, { directory, cwd, env, out, ingressPort }: DetachedOptions, absolute: string): boolean {
  const commandLine = mizzenCommandLine(env, cwd)
  const paint = painter(out, env)
  if (status.problems.length > 0) {
    out.write(`\n${paint('Some workloads cannot run', 'red')}; what can, does:\n\n${status.problems.join('\n')}\n`)
    return false
  }
  out.write(welcome(status, { directory, absolute, ingressPort, commandLine, stop: `${commandLine} down ${directory}` }, paint))
  return true
}

function reasons(status: MeshStatus | undefined): string {
  if (!status) return '  it has not told of any workload yet\n'
  const waiting = status.workloads
    .filter(({ ready }) => !ready)
    .map(({ name, phase, reason }) => `  ${name} is ${phase}${reason ? `: ${reason}` : ''}\n`)
  return [...waiting, ...status.problems.map(problem => `${problem}\n`)].join('')
}

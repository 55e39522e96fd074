/**
 * When a process began, as an opaque word: a process id is used again after its owner's end, the pair of both is not. It is how a run
 * that was killed recognises what it left behind, without ever touching a stranger.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** @returns undefined when there is no such process (a zombie counts as gone: nothing of it runs) */
export function startTimeOf(pid: number): string | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
}

/** Whether that very process still runs. */
export function isAlive(pid: number, startTime: string): boolean {
  return startTimeOf(pid) === startTime
}

/** What Linux tells of a process; undefined when there is none, or a zombie. */
export function readStat(pid: number): { readonly group: number; readonly startTicks: string } | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The second field is the command in parentheses, which may hold anything; then: state, parent, group, ..., start (the 22nd).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state = '', , group] = fields
  if (state === 'Z' || state === 'X') return undefined
  return { group: Number(group), startTicks: fields[19] ?? '' }
}

function fromProc(pid: number): string | undefined {
  const ticks = readStat(pid)?.startTicks
  return ticks === undefined ? undefined : `${bootId()}.${ticks}`
}

let boot: string | undefined

/** Ticks since boot say nothing after the next boot. */
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)
  return boot
}

function fromPs(pid: number): string | undefined {
  try {
    const [state = '', ...started] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split(/\s+/)
    return started.length > 0 && !state.startsWith('Z') ? started.join('_') : undefined
  } catch {
    return undefined
  }
}

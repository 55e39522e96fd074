/** CPU and memory of a running process, from /proc (Linux). */
import { readFileSync } from 'node:fs'

/** Kernel clock ticks a second as /proc counts them (USER_HZ): 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** User and system CPU time so far, all threads, in microseconds (10 ms granularity). */
export function cpuMicros(pid: number): number {
  // The command name in parentheses may hold spaces: count fields after it. utime and stime are fields 14 and 15.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6
}

export interface Memory {
  readonly rss: number
  /** Private to the process: heap, stacks. */
  readonly anonymous: number
  /** The binary and libraries, shared by all processes that run them. */
  readonly file: number
}

/** Resident memory in megabytes. */
export function memory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
  return { rss: megabytes('VmRSS'), anonymous: megabytes('RssAnon'), file: megabytes('RssFile') }
}

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
  }
}

export function format({ median, least, most }: Spread, digits = 1): string {
  return `${median.toFixed(digits)} [${least.toFixed(digits)}-${most.toFixed(digits)}]`
}

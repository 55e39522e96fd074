/** Processor time and memory of a laptop mesh's processes in Prometheus' text: there is no kubelet that would count them. Linux; elsewhere nothing. */
import { readFileSync } from 'node:fs'

export interface MeasuredProcess {
  readonly pod: string
  readonly namespace: string
  readonly role: 'proxy' | 'control-plane'
  readonly pid: number
}

/** A second as /proc counts it (USER_HZ), on every Linux that Node runs on. */
const TICKS = 100
const PAGE_BYTES = 4096

interface Cost {
  readonly cpuSeconds: number
  readonly residentBytes: number
}

export function processMetrics(processes: readonly MeasuredProcess[]): string {
  const measured = processes.flatMap(each => {
    const cost = costOf(each.pid)
    return cost ? [{ labels: `{namespace="${each.namespace}",pod="${each.pod}",role="${each.role}"}`, ...cost }] : []
  })
  if (measured.length === 0) return ''
  const lines = (name: string, value: (cost: Cost) => number) =>
    measured.map(each => `${name}${each.labels} ${value(each)}\n`).join('')
  return [
    '# TYPE mizzen_process_cpu_seconds_total counter\n',
    lines('mizzen_process_cpu_seconds_total', ({ cpuSeconds }) => cpuSeconds),
    '# TYPE mizzen_process_resident_memory_bytes gauge\n',
    lines('mizzen_process_resident_memory_bytes', ({ residentBytes }) => residentBytes),
  ].join('')
}

/** @returns undefined when the process is gone */
function costOf(pid: number): Cost | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command in parentheses may hold anything. After it: utime and stime are the 14th and 15th field of all, resident pages the 24th.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    return { cpuSeconds: ((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS, residentBytes: (fields[21] ?? 0) * PAGE_BYTES }
  } catch {
    return undefined
  }
}

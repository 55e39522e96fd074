/** What every process tells of itself, under the names that Prometheus' clients for Node use. */
import { readdirSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { MetricsRegistry } from '../../lib/metrics-registry.ts'

const MICROSECONDS = 1_000_000
const NANOSECONDS = 1_000_000_000

export function addProcessMetrics(registry: MetricsRegistry): void {
  registry.counted(
    'process_cpu_seconds_total',
    'CPU time of the process, in seconds.',
    () => (process.cpuUsage().user + process.cpuUsage().system) / MICROSECONDS,
  )
  registry.gauge('process_resident_memory_bytes', 'Memory that the process holds.', () => process.memoryUsage.rss())
  registry.gauge('process_start_time_seconds', 'When the process began, in seconds since the epoch.', () =>
    Math.round(performance.timeOrigin / 1000),
  )
  registry.gauge('process_open_fds', 'Open files and sockets.', openFiles)
  registry.gauge('process_max_fds', 'How many files and sockets may be open.', mostFiles)
  registry.gauge('nodejs_heap_size_used_bytes', "Memory in use of JavaScript's heap.", () => process.memoryUsage().heapUsed)
  registry.gauge('nodejs_heap_size_total_bytes', "Size of JavaScript's heap.", () => process.memoryUsage().heapTotal)
  // Samples every 100 ms: a late event loop is the first sign of a control plane that has too much to do.
  const delay = monitorEventLoopDelay({ resolution: 100 })
  delay.enable()
  for (const [suffix, read] of [
    ['mean', () => delay.mean],
    ['p99', () => delay.percentile(99)],
    ['max', () => delay.max],
  ] as const)
    registry.gauge(`nodejs_eventloop_lag_${suffix}_seconds`, `How late the event loop is (${suffix}).`, () => {
      const value = read() / NANOSECONDS
      return Number.isFinite(value) ? value : 0
    })
}

/** undefined: this system does not tell. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}

function mostFiles(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return limit === undefined ? undefined : Number(limit)
  } catch {
    return undefined
  }
}

/**
 * How much of the load each priority of a cluster gets: all to the first while it is healthy enough, the overflow to the next; and when
 * there are so few healthy hosts that sparing the others would only break those (panic).
 */
export interface PriorityHealth {
  readonly healthy: number
  readonly total: number
}

export interface PriorityLoads {
  /** Percentages by priority; together 100. */
  readonly load: readonly number[]
  /** By priority: pick among all hosts, healthy or not. */
  readonly panic: readonly boolean[]
}

/**
 * @param overprovisioning percent; 140: a priority with 72 % healthy hosts still takes all its load
 * @param panicThreshold percent of healthy hosts; 0: never panic
 * @param excluded priorities not to use while others are available (retries)
 */
export function distribute(
  priorities: readonly PriorityHealth[],
  overprovisioning: number,
  panicThreshold: number,
  excluded?: ReadonlySet<number>,
): PriorityLoads {
  const health = priorities.map(({ healthy, total }) =>
    total === 0 ? 0 : Math.min(100, Math.floor((overprovisioning * healthy) / total)),
  )
  const preferred = excluded && health.map((percent, priority) => (excluded.has(priority) ? 0 : percent))
  const used = preferred?.some(percent => percent > 0) ? preferred : health
  const available = Math.min(100, sum(used))
  const panic = priorities.map(
    ({ healthy, total }) => available < 100 && (total === 0 ? 0 : (100 * healthy) / total) < panicThreshold,
  )
  if (panic.every(Boolean)) return { load: bySize(priorities), panic }
  return { load: available === 0 ? allToFirst(priorities.length) : byHealth(used, available), panic }
}

function byHealth(health: readonly number[], available: number): number[] {
  let left = 100
  const load = health.map(percent => {
    const share = Math.min(left, Math.floor((percent * 100) / available))
    left -= share
    return share
  })
  return addTo(
    load,
    load.findIndex(share => share > 0),
    left,
  )
}

/** Everything is broken: spread over all hosts there are. */
function bySize(priorities: readonly PriorityHealth[]): number[] {
  const total = sum(priorities.map(priority => priority.total))
  if (total === 0) return allToFirst(priorities.length)
  const load = priorities.map(priority => Math.floor((100 * priority.total) / total))
  return addTo(
    load,
    priorities.findIndex(priority => priority.total > 0),
    100 - sum(load),
  )
}

function allToFirst(count: number): number[] {
  return Array.from({ length: count }, (_, priority) => (priority === 0 ? 100 : 0))
}

/** What rounding left over. */
function addTo(load: readonly number[], index: number, rest: number): number[] {
  return load.map((share, i) => (i === index ? share + rest : share))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** One line of a running mesh: who said it, when, and what. In the log file it is one line of text too. */

/** The mesh itself, when it tells of a restart or a changed route. */
export const MIZZEN = 'mizzen'

export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** "shop/cart-0", "shop/cart-0/proxy" and so on; {@link MIZZEN}. */
  readonly source: string
  readonly text: string
}

/** `2026-11-22T13:00:00.000Z shop/cart-0 listening on port 21002` */
export function formatLogLine({ at, source, text }: LogLine): string {
  return `${new Date(at).toISOString()} ${source} ${text}\n`
}

/** @returns undefined for what is no line of ours, such as the torn first line of a cut file */
export function parseLogLine(line: string): LogLine | undefined {
  const [, time = '', source, text] = /^(\S+) (\S+) (.*)$/s.exec(line) ?? []
  const at = Date.parse(time)
  return source === undefined || text === undefined || Number.isNaN(at) ? undefined : { at, source, text }
}

/** Whether `name` asks for this source: a pod ("cart-0"), all pods of a workload ("cart"), one container ("cart-0/proxy"), any of them with its namespace. */
export function isFrom(source: string, name: string): boolean {
  if (source === name || source === MIZZEN) return source === name
  const [, ...rest] = source.split('/')
  return [source, rest.join('/')].some(spelled => spelled === name || spelled.startsWith(`${name}/`) || isReplica(spelled, name))
}

/** `cart-0`, `cart-v1-0` are replicas of `cart`. */
function isReplica(pod: string, workload: string): boolean {
  return pod.startsWith(`${workload}-`)
}

/** As shown before a line: the namespace is left out. */
export function prefixOf(source: string): string {
  const slash = source.indexOf('/')
  return slash < 0 ? source : source.slice(slash + 1)
}

/**
 * The traffic of the last minutes, kept as what was added from one look at the proxies to the next. Bounded in time and in entries: a large
 * mesh is remembered for a shorter time.
 */
import { type Counts, type Destination, noCounts, type ProxyCounts } from './traffic-counts.ts'

/** Traffic of one workload to one destination. */
export interface Flow {
  /** "namespace/workload" */
  readonly from: string
  readonly to: Destination
}

export interface FlowCounts extends Flow {
  readonly counts: Counts
}

interface Tick {
  readonly at: number
  /** Milliseconds since the tick before. */
  readonly spanMs: number
  readonly flows: ReadonlyMap<string, FlowCounts>
  /** By pod "namespace/name". */
  readonly served: ReadonlyMap<string, Counts>
}

export interface WindowCounts {
  /** What the window really covers, milliseconds; 0: nothing yet. */
  readonly spanMs: number
  readonly flows: readonly FlowCounts[]
  readonly served: ReadonlyMap<string, Counts>
}

export interface Point {
  /** Milliseconds since the epoch: the end of what it tells of. */
  readonly at: number
  readonly spanMs: number
  readonly counts: Counts
}

const KEPT_MS = 15 * 60_000
/** Together about 20 MB. */
const MOST_ENTRIES = 60_000

export class TrafficHistory {
  readonly #ticks: Tick[] = []
  readonly #last = new Map<string, ProxyCounts>()
  readonly #plaintext = new Map<string, boolean>()
  #entries = 0
  #lastAt = 0

  /** @param proxies what they have counted since they started; those that did not answer are not in it */
  add(at: number, proxies: readonly { readonly key: string; readonly from: string; readonly counts: ProxyCounts }[]): void {
    const flows = new Map<string, FlowCounts>()
    const served = new Map<string, Counts>()
    for (const { key, from, counts } of proxies) {
      const before = this.#last.get(key)
      this.#last.set(key, counts)
      for (const { namespace, workload, mutualTls } of counts.callers)
        this.#plaintext.set(`${namespace}/${workload} ${from}`, !mutualTls)
      // Without a look before nobody can say when all that was.
      if (!before) continue
      for (const [destination, { to, counts: now }] of counts.outbound) {
        const more = growth(before.outbound.get(destination)?.counts, now)
        if (more) addTo(flows, `${from} ${destination}`, { from, to, counts: more })
      }
      const more = growth(before.inbound, counts.inbound)
      if (more) served.set(key, more)
    }
    const spanMs = this.#lastAt === 0 ? 0 : at - this.#lastAt
    this.#lastAt = at
    if (spanMs <= 0) return
    this.#ticks.push({ at, spanMs, flows, served })
    this.#entries += flows.size + served.size
    while (this.#ticks[0] && (this.#ticks[0].at < at - KEPT_MS || this.#entries > MOST_ENTRIES)) this.#forgetOldest()
  }

  /** A pod is gone. */
  forget(key: string): void {
    this.#last.delete(key)
  }

  /** All that is remembered of the last so many milliseconds. */
  window(ms: number): WindowCounts {
    const flows = new Map<string, FlowCounts>()
    const served = new Map<string, Counts>()
    let spanMs = 0
    for (const tick of this.#since(ms)) {
      spanMs += tick.spanMs
      for (const [key, flow] of tick.flows) addTo(flows, key, flow)
      for (const [key, counts] of tick.served) served.set(key, sum(served.get(key), counts))
    }
    return { spanMs, flows: [...flows.values()], served }
  }

  /** One point a look, of the flows that are chosen. */
  series(ms: number, chosen: (flow: Flow) => boolean): Point[] {
    return this.#since(ms).map(({ at, spanMs, flows }) => {
      let counts: Counts = noCounts()
      for (const flow of flows.values()) if (chosen(flow)) counts = sum(counts, flow.counts)
      return { at, spanMs, counts }
    })
  }

  /** Whether this workload's calls were last seen without mutual TLS; undefined: the other side did not tell. Both "namespace/workload". */
  plaintext(from: string, to: string): boolean | undefined {
    return this.#plaintext.get(`${from} ${to}`)
  }

  #since(ms: number): Tick[] {
    return this.#ticks.filter(({ at }) => at > this.#lastAt - ms)
  }

  #forgetOldest(): void {
    const oldest = this.#ticks.shift()
    if (oldest) this.#entries -= oldest.flows.size + oldest.served.size
  }
}

function addTo(flows: Map<string, FlowCounts>, key: string, flow: FlowCounts): void {
  flows.set(key, { ...flow, counts: sum(flows.get(key)?.counts, flow.counts) })
}

/** A number that is smaller than before belongs to a process that was started anew. @returns undefined: nothing happened */
function growth(before: Counts | undefined, now: Counts): Counts | undefined {
  const base =
    before && before.requests <= now.requests && before.connections <= now.connections && before.bytes <= now.bytes
      ? before
      : undefined
  const of = (field: 'requests' | 'errors' | 'rejected' | 'connections' | 'bytes') =>
    Math.max(0, now[field] - (base?.[field] ?? 0))
  const requests = of('requests')
  const connections = of('connections')
  const bytes = of('bytes')
  if (requests + connections + bytes === 0) return undefined
  const latency = now.latency?.map((count, i) => Math.max(0, count - (base?.latency?.[i] ?? 0)))
  return { requests, connections, bytes, errors: of('errors'), rejected: of('rejected'), latency }
}

export function sum(a: Counts | undefined, b: Counts): Counts {
  if (!a) return b
  const { latency } = b
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    rejected: a.rejected + b.rejected,
    connections: a.connections + b.connections,
    bytes: a.bytes + b.bytes,
    latency: a.latency && latency ? a.latency.map((count, i) => count + (latency[i] ?? 0)) : (a.latency ?? latency),
  }
}

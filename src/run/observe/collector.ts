/** Asks the proxies for their counters again and again: often while somebody looks, seldom otherwise. */
import type { Clock } from '../../lib/clock.ts'
import { ask } from './ask.ts'
import type { ObservedProxy } from './observed-proxy.ts'
import { countsOf } from './traffic-counts.ts'
import { TrafficHistory } from './traffic-history.ts'

const WATCHED_MS = 5000
const UNWATCHED_MS = 15_000
/** Whoever asked is taken to look for so long. */
const ATTENTION_MS = 60_000
/** So many proxies are asked at the same time. */
const AT_ONCE = 16
/** Of a mizzen proxy or an Envoy: what traffic-counts.ts reads, and not the thousands of other numbers. */
const QUESTION = `/stats/prometheus?usedonly&filter=${encodeURIComponent('istio|upstream_rq_\\d|upstream_cx_total$|inbound.*downstream_rq_(.xx|time)$')}`

export interface CollectorOptions {
  readonly clock: Clock
  readonly proxies: () => readonly ObservedProxy[]
}

export class Collector {
  readonly history = new TrafficHistory()
  readonly #options: CollectorOptions
  #cancel: (() => void) | undefined
  #attentionUntil = 0
  #looking: Promise<void> | undefined
  #closed = false

  constructor(options: CollectorOptions) {
    this.#options = options
  }

  start(): void {
    void this.look()
  }

  close(): void {
    this.#closed = true
    this.#cancel?.()
  }

  /** Somebody looks: from now on the numbers are to be fresh. */
  watch(): void {
    const { clock } = this.#options
    const wasIdle = clock.now() > this.#attentionUntil
    this.#attentionUntil = clock.now() + ATTENTION_MS
    if (wasIdle && !this.#closed) void this.look()
  }

  /** One look at all proxies. Does not throw. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
      if (this.#closed) return
      this.#cancel?.()
      const { clock } = this.#options
      const soon = clock.now() < this.#attentionUntil ? WATCHED_MS : UNWATCHED_MS
      this.#cancel = clock.after(soon, () => void this.look())
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const { clock, proxies } = this.#options
    const todo = [...proxies()]
    const found: Parameters<TrafficHistory['add']>[1][number][] = []
    const worker = async () => {
      for (let proxy = todo.pop(); proxy; proxy = todo.pop()) {
        const text = await ask(proxy, QUESTION)
        if (text !== undefined)
          found.push({ key: proxy.key, from: `${proxy.namespace}/${proxy.workload}`, counts: countsOf(text) })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    this.history.add(clock.now(), found)
  }
}

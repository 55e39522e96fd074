/** Asks the proxies for their counters and how they are again and again: often while somebody looks, seldom otherwise. */
import type { Clock } from '../../lib/clock.ts'
import { ask } from './ask.ts'
import type { ProxyHealth } from './mesh-health.ts'
import type { ObservedProxy } from './observed-proxy.ts'
import { HEALTH_STATISTICS, hasSickEndpoints, shortestLife, sickEndpoints } from './proxy-health.ts'
import { countsOf } from './traffic-counts.ts'
import { TrafficHistory } from './traffic-history.ts'

const WATCHED_MS = 5000
const UNWATCHED_MS = 15_000
const EACH_MS = 30
/** Whoever asked is taken to look for so long. */
const ATTENTION_MS = 60_000
/** So many proxies are asked at the same time. */
const AT_ONCE = 16
/** Certificates last hours. */
const CERTIFICATES_MS = 60_000
/** Of a mizzen proxy or an Envoy: what traffic-counts.ts reads, and not the thousands of other numbers. */
const QUESTION = `/stats/prometheus?usedonly&filter=${encodeURIComponent(`istio|upstream_rq_\\d|upstream_cx_total$|inbound.*downstream_rq_(.xx|time)$|${HEALTH_STATISTICS}`)}`

export interface CollectorOptions {
  readonly clock: Clock
  readonly proxies: () => readonly ObservedProxy[]
  /** Whether the numbers are needed when nobody looks. @default always */
  readonly isNeeded?: () => boolean
}

export class Collector {
  readonly history = new TrafficHistory()
  readonly #health = new Map<string, ProxyHealth & { readonly certificateAt: number }>()
  readonly #options: CollectorOptions
  #cancel: (() => void) | undefined
  #attentionUntil = 0
  #looking: Promise<void> | undefined
  #closed = false

  constructor(options: CollectorOptions) {
    this.#options = options
  }

  /** What the proxies last told of themselves. */
  get health(): Iterable<ProxyHealth> {
    return this.#health.values()
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
    const wasIdle = !this.#isWatched
    this.#attentionUntil = clock.now() + ATTENTION_MS
    if (wasIdle && !this.#closed) void this.look()
  }

  get #isWatched(): boolean {
    return this.#options.clock.now() < this.#attentionUntil
  }

  /** One look at all proxies. Does not throw. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
      if (!this.#closed) this.#schedule()
    })
    return this.#looking
  }

  #schedule(): void {
    const { clock, proxies, isNeeded = () => true } = this.#options
    this.#cancel?.()
    // Of a large mesh each proxy is asked more seldom.
    const soon = this.#isWatched ? WATCHED_MS : Math.max(UNWATCHED_MS, proxies().length * EACH_MS)
    this.#cancel = clock.after(soon, () => {
      if (this.#isWatched || isNeeded()) void this.look()
      else this.#schedule()
    })
  }

  async #look(): Promise<void> {
    const { clock, proxies } = this.#options
    const todo = [...proxies()]
    const found: Parameters<TrafficHistory['add']>[1][number][] = []
    const worker = async () => {
      for (let proxy = todo.pop(); proxy; proxy = todo.pop()) {
        const text = await ask(proxy, QUESTION)
        if (text === undefined) continue
        found.push({ key: proxy.key, from: `${proxy.namespace}/${proxy.workload}`, counts: countsOf(text) })
        await this.#examine(proxy, text)
      }
    }
    const present = new Set(todo.map(({ key }) => key))
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    this.history.add(clock.now(), found)
    for (const key of this.#health.keys()) if (!present.has(key)) this.#health.delete(key)
  }

  async #examine(proxy: ObservedProxy, statistics: string): Promise<void> {
    const { key } = proxy
    const now = this.#options.clock.now()
    const before = this.#health.get(key)
    const sick = hasSickEndpoints(statistics) ? sickEndpoints(parsed(await ask(proxy, '/clusters?format=json'))) : []
    const isDue = before === undefined || now - before.certificateAt >= CERTIFICATES_MS
    const certificate = isDue ? shortestLife(parsed(await ask(proxy, '/certs')), now) : before.certificate
    this.#health.set(key, { key, sick, certificate, certificateAt: isDue ? now : before.certificateAt })
  }
}

/** @returns undefined when it is no JSON */
function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Answers health checks in the place of the application (envoy.filters.http.health_check), or remembers its answer for a while. */
import type { HealthCheck } from '../../xds/gen/envoy/extensions/filters/http/health_check/v3/health_check.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import type { Clusters } from '../cluster/cluster.ts'
import type { RequestHead, ResponseHead } from '../http/stream.ts'
import type { Drain } from '../listener/drain.ts'
import { compileRequestHeaderMatcher } from '../route/header-match.ts'
import type { HttpFilter, HttpRequest, Verdict } from './filter.ts'

const NO_BODY = Buffer.alloc(0)

export interface HealthCheckServices {
  readonly clusters: Clusters
  readonly drain: Drain
  /** Milliseconds of a clock that does not jump. */
  readonly now: () => number
}

export class HealthCheckFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #services: HealthCheckServices
  readonly #matchers: readonly ((head: RequestHead) => boolean)[]
  /** The application is asked. */
  readonly #passes: boolean
  readonly #keepMs: number
  /** Percent of hosts that have to be well, by cluster. */
  readonly #minimum: readonly (readonly [cluster: string, percent: number])[]
  readonly #asked = new WeakSet<HttpRequest>()
  #kept: { readonly status: number; readonly until: number } | undefined

  /** @throws on settings that contradict each other */
  constructor(name: string, defaultOff: boolean, config: HealthCheck, services: HealthCheckServices) {
    this.name = name
    this.defaultOff = defaultOff
    this.#services = services
    this.#passes = config.passThroughMode ?? false
    this.#keepMs = durationMs(config.cacheTime) ?? 0
    if (this.#keepMs > 0 && !this.#passes) throw new Error('health_check has cache_time, expected pass_through_mode beside it')
    this.#minimum = Object.entries(config.clusterMinHealthyPercentages).map(([cluster, percent]) => [cluster, percent.value])
    this.#matchers = config.headers.map(compileRequestHeaderMatcher)
  }

  onRequest(request: HttpRequest): Verdict {
    if (!this.#matchers.every(test => test(request.head))) return 'continue'
    const { drain, now } = this.#services
    if (drain.draining) return answer(request, 503, 'health_check_failed')
    if (!this.#passes) {
      if (this.#minimum.every(([cluster, percent]) => this.#isWell(cluster, percent)))
        return answer(request, 200, 'health_check_ok')
      return answer(request, 503, 'health_check_cluster_unhealthy')
    }
    if (this.#kept !== undefined && now() < this.#kept.until) return answer(request, this.#kept.status, 'health_check_cached')
    this.#asked.add(request)
    return 'continue'
  }

  onResponse(request: HttpRequest, { status }: ResponseHead): undefined {
    if (this.#keepMs > 0 && this.#asked.has(request)) this.#kept = { status, until: this.#services.now() + this.#keepMs }
  }

  #isWell(name: string, percent: number): boolean {
    const balance = this.#services.clusters.get(name)?.balance
    if (balance === undefined) return false
    return balance.hosts === 0 ? percent === 0 : 100 * balance.healthy >= percent * balance.hosts
  }
}

function answer(request: HttpRequest, status: number, details: string): Verdict {
  request.reply(status, NO_BODY, details)
  return 'taken'
}

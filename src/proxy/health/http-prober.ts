/** An HTTP health check: whether the host answers with a status, and perhaps a body, that means it is well. */
import { HeaderList } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import type { HttpPool } from '../pool/http-pool.ts'
import { type Answer, HttpExchange } from './http-exchange.ts'
import { containsInOrder } from './payload.ts'
import type { HttpCheckSettings } from './settings.ts'
import { HEALTHY, ILL, type Prober, UNREACHABLE, type Verdict } from './verdict.ts'

export interface HttpProberOptions {
  readonly settings: HttpCheckSettings
  readonly pool: HttpPool
  /** The endpoint's own name for checks; empty: the check's. */
  readonly hostname: string
  readonly secure: boolean
  /** The answer's claim about its service was looked at. */
  readonly onVerified: () => void
}

export class HttpProber implements Prober {
  readonly #options: HttpProberOptions

  constructor(options: HttpProberOptions) {
    this.#options = options
  }

  check(done: (verdict: Verdict) => void): () => void {
    const { settings, pool } = this.#options
    const exchange = new HttpExchange(settings.bodyLimit, answer => done(answer ? this.#judge(answer) : UNREACHABLE))
    return exchange.send(pool, this.#head(), undefined)
  }

  close(): void {
    this.#options.pool.destroy()
  }

  #head(): RequestHead {
    const { settings, hostname, secure } = this.#options
    const headers = new HeaderList(['user-agent', 'Envoy/HC'])
    for (const [name, value] of settings.add) headers.add(name, value)
    for (const name of settings.remove) headers.remove(name)
    return {
      protocol: settings.http2 ? 'HTTP/2' : 'HTTP/1.1',
      method: settings.method,
      scheme: secure ? 'https' : 'http',
      authority: hostname || settings.host,
      path: settings.path,
      headers,
      upgrade: undefined,
    }
  }

  #judge({ head, body }: Answer): Verdict {
    const { settings, onVerified } = this.#options
    const { status, headers } = head
    if (!settings.expected(status)) return { passed: false, network: false, retriable: settings.retriable(status) }
    if (!containsInOrder(body, settings.receive) || headers.has('x-envoy-immediate-health-check-fail')) return ILL
    if (settings.service !== undefined) {
      onVerified()
      if (!settings.service(headers.get('x-envoy-upstream-healthchecked-cluster') ?? '')) return ILL
    }
    return headers.has('x-envoy-degraded') ? { passed: true, degraded: true } : HEALTHY
  }
}

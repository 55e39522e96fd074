/** CORS: answers preflights, and adds headers to responses that go to other origins. The policy is the route's; there is none without one. */
import { type CorsPolicy, corsOf } from '../filters/cors-policy.ts'
import type { ResponseHead } from '../http/stream.ts'
import { type HttpFilter, type HttpRequest, overrideOf, type Verdict } from './filter.ts'

const NO_BODY = Buffer.alloc(0)

export class CorsFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  /** Requests from allowed origins, until their response. */
  readonly #allowed = new WeakMap<HttpRequest, { readonly policy: CorsPolicy; readonly origin: string }>()

  constructor(name: string, defaultOff: boolean) {
    this.name = name
    this.defaultOff = defaultOff
  }

  onRequest(request: HttpRequest): Verdict {
    const override = overrideOf(request, this.name)
    if (override === undefined) return 'continue'
    const policy = corsOf(override)
    const verdict = policy.onRequest(request.head, request.random)
    if (verdict.kind === 'answer') {
      request.reply(200, NO_BODY, 'cors_response', verdict.headers)
      return 'taken'
    }
    if (verdict.kind === 'allow') this.#allowed.set(request, { policy, origin: verdict.origin })
    return 'continue'
  }

  onResponse(request: HttpRequest, head: ResponseHead): undefined {
    if (overrideOf(request, this.name) === undefined) return
    const allowed = this.#allowed.get(request)
    allowed?.policy.applyTo(head.headers, allowed.origin)
  }
}

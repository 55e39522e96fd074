/** Requests that change something have to come from the site they go to, or from one that is allowed (envoy.filters.http.csrf). */
import type { CsrfPolicy } from '../../xds/gen/envoy/extensions/filters/http/csrf/v3/csrf.ts'
import { compilePolicy, csrfOf, type Policy } from '../filters/csrf-policy.ts'
import type { RequestHead } from '../http/stream.ts'
import { type FilterExplanation, type HttpFilter, type HttpRequest, overrideOf, type Verdict } from './filter.ts'

/** http.<stat_prefix>.csrf.* */
export class CsrfStats {
  missing_source_origin = 0
  request_invalid = 0
  request_valid = 0
}

const CHANGES: ReadonlySet<string> = new Set(['POST', 'PUT', 'DELETE', 'PATCH'])
const BODY = Buffer.from('Invalid origin')

export class CsrfFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #policy: Policy
  readonly #stats: CsrfStats

  constructor(name: string, defaultOff: boolean, config: CsrfPolicy, stats: CsrfStats) {
    this.name = name
    this.defaultOff = defaultOff
    this.#policy = compilePolicy(config)
    this.#stats = stats
  }

  onRequest(request: HttpRequest): Verdict {
    const { head } = request
    if (!CHANGES.has(head.method)) return 'continue'
    const policy = this.#policyOf(request)
    const enforced = chosen(policy.enabled, request)
    if (!enforced && !chosen(policy.shadow, request)) return 'continue'
    const origin = originOf(head)
    if (origin === '') this.#stats.missing_source_origin++
    else if (isAllowed(policy, origin, head)) {
      this.#stats.request_valid++
      return 'continue'
    } else this.#stats.request_invalid++
    if (!enforced) return 'continue'
    request.reply(403, BODY, 'csrf_origin_mismatch')
    return 'taken'
  }

  explain(request: HttpRequest): FilterExplanation | undefined {
    const { head } = request
    const { enabled, ...policy } = this.#policyOf(request)
    if (!CHANGES.has(head.method) || enabled === 0) return undefined
    const origin = originOf(head)
    if (origin !== '' && isAllowed({ enabled, ...policy }, origin, head)) return undefined
    const text = origin === '' ? 'the request does not say which site it comes from' : `${origin} may not send requests here`
    return { subject: 'CSRF', text, answers: [{ share: enabled, status: 403, details: 'csrf_origin_mismatch' }], delayMs: 0 }
  }

  #policyOf(request: HttpRequest): Policy {
    const override = overrideOf(request, this.name)
    return override === undefined ? this.#policy : csrfOf(override)
  }
}

function isAllowed({ allows }: Policy, origin: string, { authority }: RequestHead): boolean {
  return origin === authority || allows.some(test => test(origin))
}

/** Host and port of Origin or, without it, of Referer; "": neither is there. */
function originOf({ headers }: RequestHead): string {
  return hostOf(headers.get('origin')) || hostOf(headers.get('referer'))
}

function hostOf(url: string | undefined): string {
  if (url === undefined) return ''
  return /^https?:\/\/([^/?#]+)/i.exec(url)?.[1] ?? url
}

function chosen(share: number, request: HttpRequest): boolean {
  return share >= 1 || (share > 0 && request.random() < share)
}

/**
 * envoy.extensions.filters.http.cors.v3.CorsPolicy as two questions: what becomes of a request from another origin, and which headers
 * its response gets (Fetch standard, section 3.3 "CORS protocol").
 */
import { toByteText } from '../../lib/byte-text.ts'
import { CorsPolicy as Config } from '../../xds/gen/envoy/extensions/filters/http/cors/v3/cors.ts'
import { HeaderList, type Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import type { FilterOverride } from '../route/decision.ts'
import { runtimeFraction } from '../route/fraction.ts'
import { compileStringMatcher } from '../route/string-match.ts'

/**
 * pass: CORS has no part in this request. allow: it goes on, and `applyTo` its response. answer: a preflight, answered with
 * 200, these headers and no body.
 */
export type CorsVerdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'allow'; readonly origin: string }
  | { readonly kind: 'answer'; readonly headers: Headers }

export interface CorsPolicy {
  onRequest(head: RequestHead, random: () => number): CorsVerdict
  /** Headers of the response to a request that was allowed. */
  applyTo(response: Headers, origin: string): void
}

const PASS: CorsVerdict = { kind: 'pass' }

/** @throws on what cannot be honoured, with the reason */
export function compileCors(config: Config): CorsPolicy {
  const enabled = runtimeFraction(config.filterEnabled, 1)
  const origins = config.allowOriginStringMatch.map(compileStringMatcher)
  // A matcher that takes the text "*" takes every origin.
  const anyOrigin = origins.some(matches => matches('*'))
  const forwardsOthers = config.forwardNotMatchingPreflights ?? true
  const privateNetwork = config.allowPrivateNetworkAccess ?? false
  const credentials: Fields = config.allowCredentials ? [['access-control-allow-credentials', 'true']] : []
  const onResponse: Fields = [...credentials, ...present('access-control-expose-headers', config.exposeHeaders)]
  const onPreflight: Fields = [
    ...credentials,
    ...present('access-control-allow-methods', config.allowMethods),
    ...present('access-control-allow-headers', config.allowHeaders),
    ...present('access-control-max-age', config.maxAge),
  ]
  // With credentials a browser takes "*" for a name, so what it asked for is named instead.
  const [anyMethod, anyHeader] = [config.allowMethods === '*', config.allowHeaders === '*']
  const applyTo = (response: Headers, origin: string) => {
    response.set('access-control-allow-origin', origin)
    for (const [name, value] of onResponse) response.set(name, value)
  }
  return {
    onRequest(head, random) {
      const origin = head.headers.get('origin')
      if (!origin || (enabled < 1 && random() >= enabled)) return PASS
      const allowed = anyOrigin || origins.some(matches => matches(origin))
      const preflight = head.method === 'OPTIONS' && !!head.headers.get('access-control-request-method')
      if (!preflight) return allowed ? { kind: 'allow', origin } : PASS
      if (!allowed && forwardsOthers) return PASS
      // Without access-control-allow-origin the rest of it means nothing to a browser.
      const headers = new HeaderList(onPreflight.flat())
      if (anyMethod) headers.set('access-control-allow-methods', head.headers.get('access-control-request-method') ?? '')
      if (anyHeader) headers.set('access-control-allow-headers', head.headers.get('access-control-request-headers') ?? '')
      if (allowed) applyTo(headers, origin)
      if (privateNetwork && head.headers.get('access-control-request-private-network') === 'true')
        headers.set('access-control-allow-private-network', 'true')
      return { kind: 'answer', headers }
    },
    applyTo,
  }
}

type Fields = readonly (readonly [name: string, value: string])[]

function present(name: string, value: string): Fields {
  return value === '' ? [] : [[name, toByteText(value)]]
}

export const CORS_POLICY = 'envoy.extensions.filters.http.cors.v3.CorsPolicy'

const compiled = new WeakMap<FilterOverride, CorsPolicy>()

/** The policy of a route; the filter itself has none. Read once. @throws as `compileCors` */
export function corsOf(override: FilterOverride): CorsPolicy {
  let policy = compiled.get(override)
  if (!policy) {
    policy = compileCors(Config.decode(override.value))
    compiled.set(override, policy)
  }
  return policy
}

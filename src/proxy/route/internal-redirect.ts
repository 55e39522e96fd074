/**
 * Redirects that the proxy follows itself (envoy.config.route.v3.InternalRedirectPolicy): the client sees the answer of the place that the upstream
 * pointed to.
 */
import type { InternalRedirectPolicy } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'

export interface RedirectTarget {
  readonly scheme: 'http' | 'https'
  readonly authority: string
  readonly path: string
}

export interface InternalRedirects {
  readonly most: number
  /** @returns where the request is to go; undefined: the response goes to the client */
  readonly target: (status: number, headers: Headers, head: RequestHead) => RedirectTarget | undefined
  /** Of the response that is followed, to be set on the request. */
  readonly copies: readonly string[]
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** @throws on predicates, which nothing here obeys */
export function compileInternalRedirects(policy: InternalRedirectPolicy | undefined): InternalRedirects | undefined {
  if (policy === undefined) return undefined
  const [predicate] = policy.predicates
  if (predicate !== undefined) throw new Error(`internal_redirect_policy has the predicate "${predicate.name}", expected none`)
  const codes = policy.redirectResponseCodes.length === 0 ? [302] : policy.redirectResponseCodes
  const followed = new Set(codes.filter(code => REDIRECTS.has(code)))
  const { allowCrossSchemeRedirect } = policy
  return {
    most: policy.maxInternalRedirects ?? 1,
    copies: policy.responseHeadersToCopy.map(name => name.toLowerCase()),
    target(status, headers, head) {
      if (!followed.has(status)) return undefined
      const found = /^(https?):\/\/([^/?#]+)([^#]*)/i.exec(headers.get('location') ?? '')
      if (found === null) return undefined
      const [, scheme = '', authority = '', path = ''] = found
      const secure = scheme.toLowerCase() === 'https'
      if (!allowCrossSchemeRedirect && secure !== (head.scheme === 'https')) return undefined
      return { scheme: secure ? 'https' : 'http', authority, path: path.startsWith('/') ? path : `/${path}` }
    },
  }
}

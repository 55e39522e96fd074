/** Routes of HTTPProxy, GRPCProxy and VirtualGateway: where requests go, and what happens to them on the way. */
import { type Static, Type } from 'typebox'
import type { Findings } from '../findings.ts'
import { Headers } from '../istio/virtualservice/schema.ts'
import { duration, message, uint32 } from '../schema/message.ts'
import { checkPort } from '../values/address.ts'
import { checkDnsLabel, checkFqdn } from '../values/dns.ts'
import { checkHeaderName, checkHeaderValue } from '../values/header.ts'
import { checkDuration, checkHttpStatus } from '../values/quantity.ts'
import { checkMatches, RequestMatches } from './conditions.ts'
import { RetryPolicy } from './retry/schema.ts'
import { checkRetry } from './retry/validate.ts'

export const Backend = message({
  host: Type.String({ description: 'a service; absent: the host this object is for' }),
  subset: Type.String({ description: 'a subset that a DestinationRule or WeightedDestinationRule defines' }),
  port: uint32({ description: 'default: the only port of the service, or the one the request came to' }),
  weight: uint32({ maximum: 1_000_000, description: 'relative to the sum of all; needed where there are several' }),
})
export type Backend = Static<typeof Backend>

/** What routes have in common, whatever they match. */
export const routeFields = {
  name: Type.String({ description: 'for access logs, and for a Retry that is meant for this route' }),
  to: Type.Array(Backend, { maxItems: 32 }),
  timeout: duration({ description: 'of the whole request, retries included' }),
  retry: RetryPolicy,
  headers: Headers,
  mirror: message(
    { subset: Type.String(), port: uint32(), percent: Type.Number({ minimum: 0, maximum: 100, default: 100 }) },
    { host: Type.String() },
    { description: 'a copy of requests goes there, and its answers nowhere' },
  ),
}

export const HttpRoute = message({
  match: RequestMatches,
  ...routeFields,
  rewrite: message({
    path: Type.String({ description: 'replaces what the match of the path matched: a prefix, or all of it' }),
    host: Type.String(),
  }),
  redirect: message({
    scheme: Type.Enum(['http', 'https']),
    host: Type.String(),
    port: uint32(),
    path: Type.String({ description: 'replaces the whole path' }),
    status: Type.Integer({ default: 301 }),
  }),
  respond: message({ body: Type.String() }, { status: Type.Integer() }, { description: 'answered by the proxy itself' }),
})
export type HttpRoute = Static<typeof HttpRoute>

/** @param hasHost whether a route without `to` has somewhere to go @param findings at the list */
export function checkHttpRoutes(routes: readonly HttpRoute[], hasHost: boolean, findings: Findings): void {
  for (const [index, route] of routes.entries()) {
    const at = findings.at(index)
    checkMatches(route.match, at.at('match'))
    checkCommon(route, at)
    const actions = (['to', 'redirect', 'respond'] as const).filter(action => route[action] !== undefined)
    if (actions.length > 1) at.error(`${actions.join(' and ')} are both there: expected one of them`)
    if (actions.length === 0 && !hasHost)
      at.error('it leads nowhere: expected to, redirect or respond', { code: 'missing-field' })
    const { redirect, respond, rewrite } = route
    if (redirect && ![301, 302, 303, 307, 308].includes(redirect.status ?? 301))
      at.at('redirect', 'status').error(`${redirect.status} is not a redirect: expected 301, 302, 303, 307 or 308`)
    if (redirect && !(redirect.scheme || redirect.host || redirect.path || redirect.port))
      at.at('redirect').error('it leads back to where it is: expected scheme, host, port or path')
    if (respond) at.at('respond', 'status').check(checkHttpStatus(respond.status))
    if (rewrite?.path === '') at.at('rewrite', 'path').error('an empty path: expected "/" or more')
    if ((redirect || respond) && (rewrite || route.retry || route.mirror || route.timeout !== undefined))
      at.error('nothing is sent on: expected no rewrite, retry, mirror or timeout beside it')
  }
}

type CommonRoute = Pick<HttpRoute, 'to' | 'timeout' | 'retry' | 'headers' | 'mirror'>

export function checkCommon({ to, timeout, retry, headers, mirror }: CommonRoute, findings: Findings): void {
  if (to) checkBackends(to, findings.at('to'))
  if (timeout !== undefined) findings.at('timeout').check(checkDuration(timeout))
  if (retry) checkRetry(retry, findings.at('retry'))
  if (mirror) findings.at('mirror', 'host').check(checkFqdn(mirror.host))
  for (const side of ['request', 'response'] as const) {
    for (const edit of ['set', 'add'] as const) {
      for (const [name, value] of Object.entries(headers?.[side]?.[edit] ?? {})) {
        const at = findings.at('headers', side, edit, name)
        at.check(checkHeaderName(name) ?? checkHeaderValue(value))
      }
    }
    for (const [index, name] of (headers?.[side]?.remove ?? []).entries())
      findings.at('headers', side, 'remove', index).check(checkHeaderName(name))
  }
}

function checkBackends(to: readonly Backend[], findings: Findings): void {
  if (to.length === 0) findings.error('the list is empty: expected at least one destination')
  for (const [index, { host, subset, port, weight }] of to.entries()) {
    const at = findings.at(index)
    if (host !== undefined) at.at('host').check(checkFqdn(host))
    if (subset !== undefined) at.at('subset').check(checkDnsLabel(subset, 'the name of a subset'))
    if (port !== undefined) at.at('port').check(checkPort(port))
    if (weight === undefined && to.length > 1)
      at.error('"weight" is missing: expected a number beside each of several destinations', { code: 'missing-field' })
  }
  if (to.length > 1 && to.every(({ weight }) => weight === 0)) findings.error('all weights are 0: expected one above')
}

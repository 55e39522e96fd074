/** What tells a limit's buckets apart: descriptors, made from requests by Envoy's rate limit actions. */
import type { HttpMatch, NamedMatch, PathMatch, TextMatch } from '../../model/http-rule.ts'
import { type LimitKey, limitKey, type RateLimit } from '../../model/rate-limit.ts'
import { RateLimit as Descriptors, type HeaderMatcher, RateLimit_Action } from '../gen/envoy/config/route/v3/route_components.ts'
import { Descriptor as Expression } from '../gen/envoy/extensions/rate_limit_descriptors/expr/v3/expr.ts'
import { pack } from '../wire/any.ts'
import { headerMatcher } from './text-match.ts'

const EXPRESSION = 'envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor'
/** The first entry of every descriptor says which limit is meant. */
export const LIMIT = 'limit'
/** Callers without an identity share a bucket. */
const PEER_IDENTITY = 'has(connection.uri_san_peer_certificate) ? connection.uri_san_peer_certificate : "none"'

/** The entries of a limit's descriptors; those without a value stand for every value. */
export function descriptorEntries(limit: RateLimit): { key: string; value: string }[] {
  return [{ key: LIMIT, value: limitKey(limit) }, ...limit.keys.map(key => ({ key: entryName(key), value: '' }))]
}

/** One for each match, for any of them makes a request count. */
export function rateLimitActions(limit: RateLimit): Descriptors[] {
  const matches = limit.matches.length > 0 ? limit.matches : [undefined]
  const keys = limit.keys.map(keyAction)
  return matches.map(match => Descriptors.fromPartial({ actions: [whichLimit(limit, match), ...keys] }))
}

/** Nothing comes of it, and so of the whole descriptor, unless the conditions hold. */
function whichLimit(limit: RateLimit, match: HttpMatch | undefined): RateLimit_Action {
  const name = { descriptorKey: LIMIT, descriptorValue: limitKey(limit) }
  const headers = match ? conditions(match) : []
  return RateLimit_Action.fromPartial({
    actionSpecifier:
      headers.length > 0 ? { $case: 'headerValueMatch', value: { ...name, headers } } : { $case: 'genericKey', value: name },
  })
}

function entryName(key: LimitKey): string {
  if (key.kind === 'header') return key.name
  return key.kind === 'identity' ? 'identity' : 'remote_address'
}

function keyAction(key: LimitKey): RateLimit_Action {
  const descriptorKey = entryName(key)
  switch (key.kind) {
    case 'header':
      return action({ $case: 'requestHeaders', value: { headerName: key.name, descriptorKey, skipIfAbsent: false } })
    case 'address':
      return action({ $case: 'remoteAddress', value: {} })
    case 'identity': {
      const expression = { descriptorKey, skipIfError: false, exprSpecifier: { $case: 'text', value: PEER_IDENTITY } } as const
      const typedConfig = pack(EXPRESSION, Expression, Expression.fromPartial(expression))
      return action({ $case: 'extension', value: { name: 'envoy.rate_limit_descriptors.expr', typedConfig } })
    }
  }
}

function action(actionSpecifier: RateLimit_Action['actionSpecifier']): RateLimit_Action {
  return { actionSpecifier }
}

/** All of a match in terms of headers: the path is one, with the query behind it. */
function conditions({ uri, method, headers, queryParams }: HttpMatch): HeaderMatcher[] {
  const path = uri && pathPattern(uri)
  const patterns = [...(path ? [path] : []), ...queryParams.map(queryPattern)]
  return [
    ...patterns.map(value => headerMatcher({ name: ':path', match: { kind: 'regex', value } })),
    ...(method ? [headerMatcher({ name: ':method', match: method })] : []),
    ...headers.map(headerMatcher),
  ]
}

const QUERY = '(\\?.*)?'

function pathPattern(uri: PathMatch): string | undefined {
  switch (uri.kind) {
    case 'exact':
      return literal(uri.value) + QUERY
    case 'prefix':
      return `${literal(uri.value)}.*`
    case 'segments':
      return `${literal(uri.value)}(/.*)?${QUERY}`
    case 'regex':
      return `(?:${uri.value})${QUERY}`
    case 'present':
      return undefined
  }
}

function queryPattern({ name, match }: NamedMatch): string {
  return `[^?]*\\?(.*&)?${literal(name)}${valuePattern(match)}(&.*)?`
}

function valuePattern(match: TextMatch): string {
  switch (match.kind) {
    case 'exact':
      return `=${literal(match.value)}`
    case 'prefix':
      return `=${literal(match.value)}[^&]*`
    case 'regex':
      return `=(?:${match.value})`
    case 'present':
      return '(=[^&]*)?'
  }
}

/** A text as a regular expression that matches it and nothing else. */
function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

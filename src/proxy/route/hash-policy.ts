/**
 * RouteAction.hash_policy: the number that consistent-hash balancers find a host by. Bit for bit Envoy's, so that a key goes to the
 * same host whichever of the two carries it.
 */
import { toByteText } from '../../lib/byte-text.ts'
import { xxHash64 } from '../../lib/xxhash64.ts'
import type {
  RouteAction_HashPolicy,
  RouteAction_HashPolicy_Cookie,
} from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import type { RequestHead } from '../http/stream.ts'
import type { ForwardAction, RouteContext } from './decision.ts'
import { queryParameter } from './query-match.ts'
import { fieldReader } from './request-field.ts'
import { compileRegexRewrite } from './rewrite.ts'

type Method = (head: RequestHead, context: RouteContext) => bigint | undefined

/** @returns undefined without a policy @throws on what cannot be honoured, with the reason */
export function compileHashPolicy(policies: readonly RouteAction_HashPolicy[]): ForwardAction['hash'] {
  const methods = policies.map(policy => ({ hash: compileMethod(policy), terminal: policy.terminal }))
  const [only] = methods
  if (!only) return undefined
  if (methods.length === 1) return only.hash
  return (head, context) => {
    let combined: bigint | undefined
    for (const method of methods) {
      const next = method.hash(head, context)
      // Rotated, or two equal policies would cancel each other out.
      if (next !== undefined) combined = combined === undefined ? next : rotate(combined) ^ next
      if (method.terminal && combined !== undefined) break
    }
    return combined
  }
}

function rotate(hash: bigint): bigint {
  return BigInt.asUintN(64, hash << 1n) | (hash >> 63n)
}

function compileMethod({ policySpecifier: specifier }: RouteAction_HashPolicy): Method {
  switch (specifier?.$case) {
    case 'header':
      return byHeader(specifier.value.headerName, specifier.value.regexRewrite)
    case 'cookie':
      return byCookie(specifier.value)
    case 'queryParameter': {
      const name = toByteText(specifier.value.name)
      if (name === '') throw new Error('hash_policy.query_parameter has no name')
      return head => {
        const value = queryParameter(head.path, name)
        return value === undefined ? undefined : xxHash64(value)
      }
    }
    case 'connectionProperties':
      return specifier.value.sourceIp ? (_, context) => xxHash64(context.remoteAddress) : () => undefined
    case 'filterState':
      throw new Error('hash_policy.filter_state is not supported')
    default:
      throw new Error('a hash_policy is empty, expected header, cookie, query_parameter or connection_properties')
  }
}

function byHeader(name: string, rewrite: Parameters<typeof compileRegexRewrite>[0] | undefined): Method {
  if (name === '') throw new Error('hash_policy.header has no header_name')
  const read = fieldReader(name)
  const change = rewrite ? compileRegexRewrite(rewrite, 'hash_policy.header.regex_rewrite') : (value: string) => value
  const lower = name.toLowerCase()
  return head => {
    const joined = read(head)
    if (joined === undefined) return undefined
    if (!joined.includes(',')) return xxHash64(change(joined))
    // Several fields of that name hash alike in any order, each with the hash so far as its seed. A comma may also be within one field.
    const values: string[] = []
    head.headers.forEach((field, value) => {
      if (field === lower) values.push(change(value))
    })
    return values.length === 0 ? xxHash64(change(joined)) : values.sort().reduce((seed, value) => xxHash64(value, seed), 0n)
  }
}

/** With a ttl, a client without the cookie is given one: the response gets Set-Cookie. */
function byCookie({ name, ttl, path, attributes }: RouteAction_HashPolicy_Cookie): Method {
  if (name === '') throw new Error('hash_policy.cookie has no name')
  const ttlMs = durationMs(ttl)
  const suffix = [
    ...(ttlMs ? [`Max-Age=${Math.floor(ttlMs / 1000)}`] : []),
    ...(path ? [`Path=${path}`] : []),
    ...attributes.map(attribute => (attribute.value ? `${attribute.name}=${attribute.value}` : attribute.name)),
    'HttpOnly',
  ].join('; ')
  return (head, context) => {
    const value = cookieValue(head.headers.get('cookie'), name)
    if (value !== undefined) return xxHash64(value)
    if (ttlMs === undefined) return undefined
    // The same for all requests of a connection, so that those that race get the same cookie.
    const { remoteAddress, remotePort, localAddress, localPort } = context
    const made = xxHash64(`${endpoint(remoteAddress, remotePort)}${endpoint(localAddress, localPort)}`)
      .toString(16)
      .padStart(16, '0')
    context.setCookie(toByteText(`${name}="${made}"; ${suffix}`))
    return xxHash64(made)
  }
}

function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Several Cookie fields arrive joined with ",", which a cookie's value cannot contain (RFC 6265 section 4.1.1). */
function cookieValue(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  for (const pair of header.split(/[;,]/)) {
    const equal = pair.indexOf('=')
    if (equal < 0 || pair.slice(0, equal).trim() !== name) continue
    const value = pair.slice(equal + 1).trim()
    return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
  }
  return undefined
}

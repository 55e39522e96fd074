/**
 * Query parameters of a request's path, read in place: no map is made for a request.
 */
import { toByteText } from '../../lib/byte-text.ts'
import type { QueryParameterMatcher } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { RequestHead } from '../http/stream.ts'
import { compileStringMatcher } from './string-match.ts'

/** The first parameter of that name, as it was sent (no percent-decoding, as in Envoy's route matching). Without "=": empty. */
export function queryParameter(path: string, name: string): string | undefined {
  let start = path.indexOf('?') + 1
  if (start === 0) return undefined
  while (start < path.length) {
    const ampersand = path.indexOf('&', start)
    const end = ampersand < 0 ? path.length : ampersand
    if (path.startsWith(name, start)) {
      const after = start + name.length
      if (after === end) return ''
      if (path[after] === '=') return path.slice(after + 1, end)
    }
    start = end + 1
  }
  return undefined
}

/** @throws on a matcher that cannot be honoured; the message names the parameter */
export function compileQueryMatcher(matcher: QueryParameterMatcher): (head: RequestHead) => boolean {
  const { queryParameterMatchSpecifier: specifier } = matcher
  const name = toByteText(matcher.name)
  if (name === '') throw new Error('a query parameter matcher has no name')
  if (!specifier) return head => queryParameter(head.path, name) !== undefined
  if (specifier.$case === 'presentMatch') {
    const expected = specifier.value
    return head => (queryParameter(head.path, name) !== undefined) === expected
  }
  try {
    const test = compileStringMatcher(specifier.value)
    return head => {
      const value = queryParameter(head.path, name)
      return value !== undefined && test(value)
    }
  } catch (error) {
    throw new Error(`query parameter "${name}": ${error instanceof Error ? error.message : String(error)}`)
  }
}

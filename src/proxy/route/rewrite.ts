/**
 * Rewriting of path and authority (prefix_rewrite, regex_rewrite, host_rewrite_*). The query is always kept.
 */
import { toByteText } from '../../lib/byte-text.ts'
import { compileReplaceAll } from '../../lib/regex.ts'
import type { RouteAction } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { RegexMatchAndSubstitute } from '../../xds/gen/envoy/type/matcher/v3/regex.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import { firstFieldReader, pathOnly } from './request-field.ts'
import type { PathCriterion } from './route-match.ts'

export type TextRewrite = (text: string) => string

/** A regex substitution on byte text. @throws when pattern or substitution are malformed */
export function compileRegexRewrite(rewrite: RegexMatchAndSubstitute, field: string): TextRewrite {
  if (!rewrite.pattern) throw new Error(`${field} has no pattern`)
  return compileReplaceAll(toByteText(rewrite.pattern.regex), toByteText(rewrite.substitution))
}

/** From `:path` to the new `:path`; undefined: it does not apply to this one. */
export type PathRewrite = (path: string) => string | undefined

/**
 * @returns undefined when there is nothing to rewrite. A prefix rewrite replaces what the route matched: the prefix, or the whole path
 * where an exact path or a regex matched it.
 */
export function compilePathRewrite(
  prefixRewrite: string,
  regexRewrite: RegexMatchAndSubstitute | undefined,
  matched: PathCriterion,
): PathRewrite | undefined {
  if (prefixRewrite !== '' && regexRewrite) throw new Error('it has both prefix_rewrite and regex_rewrite, expected one of them')
  if (regexRewrite) {
    const rewrite = compileRegexRewrite(regexRewrite, 'regex_rewrite')
    return path => {
      const only = pathOnly(path)
      return rewrite(only) + path.slice(only.length)
    }
  }
  if (prefixRewrite === '') return undefined
  const replacement = toByteText(prefixRewrite)
  if (matched.kind === 'exact' || matched.kind === 'prefix') {
    const { value } = matched
    // Where path parameters are left out of matching, the path itself may not begin with what matched.
    return path => (path.startsWith(value) ? replacement + path.slice(value.length) : undefined)
  }
  const length = matched.kind === 'test' ? matched.prefixLength : undefined
  return path => replacement + path.slice(length ?? pathOnly(path).length)
}

/** Replaces the authority; the former one stays in x-envoy-original-host, and if asked for (append_x_forwarded_host) in x-forwarded-host. */
export function replaceAuthority(head: RequestHead, authority: string, appendForwardedHost: boolean): void {
  const { headers, authority: former } = head
  if (appendForwardedHost && former !== '') appendHost(headers, former)
  if (former !== '') headers.set('x-envoy-original-host', former)
  head.authority = authority
}

function appendHost(headers: Headers, host: string): void {
  const before = headers.get('x-forwarded-host')
  const last = before?.slice(before.lastIndexOf(',') + 1).trim()
  if (last !== host) headers.set('x-forwarded-host', before ? `${before},${host}` : host)
}

/** @returns undefined when the authority stays, or is replaced later (auto_host_rewrite) */
export function compileHostRewrite(action: RouteAction): ((head: RequestHead) => void) | undefined {
  const specifier = action.hostRewriteSpecifier
  const append = action.appendXForwardedHost
  switch (specifier?.$case) {
    case 'hostRewriteLiteral': {
      const authority = toByteText(specifier.value)
      return authority === '' ? undefined : head => replaceAuthority(head, authority, append)
    }
    case 'hostRewriteHeader': {
      const read = firstFieldReader(specifier.value)
      return head => {
        const value = read(head)
        if (value) replaceAuthority(head, value, append)
      }
    }
    case 'hostRewritePathRegex': {
      const rewrite = compileRegexRewrite(specifier.value, 'host_rewrite_path_regex')
      return head => replaceAuthority(head, rewrite(pathOnly(head.path)), append)
    }
    default:
      return undefined
  }
}

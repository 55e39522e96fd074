/** Rules for what an HTTP rule does instead of forwarding, or to the request it forwards: redirect, direct response, rewrite. */
import type { Findings } from '../../findings.ts'
import { checkPort } from '../../values/address.ts'
import { checkHttpStatus } from '../../values/quantity.ts'
import { checkRegex } from '../../values/regex.ts'
import type { HTTPDirectResponse, HTTPMatchRequest, HTTPRedirect, HTTPRewrite } from './schema.ts'

const bodyLimit = 1024 * 1024
const bodyAdvice = 100 * 1024
const sentRedirects = new Set([301, 302, 303, 307, 308])

export function checkRedirect(
  redirect: HTTPRedirect | undefined,
  matches: readonly HTTPMatchRequest[],
  findings: Findings,
): void {
  if (redirect === undefined) return
  const { uri, authority, scheme, port, derivePort, redirectCode, prefixRewrite } = redirect
  const something = uri || authority || scheme || prefixRewrite || port !== undefined || derivePort !== undefined
  if (!something) findings.error('it redirects to the same place: expected uri, prefixRewrite, authority, scheme or port')
  if (uri && prefixRewrite) findings.error('uri and prefixRewrite are both there: expected one of them')
  if (prefixRewrite && !(matches.length > 0 && matches.every(match => match.uri?.prefix !== undefined))) {
    findings.at('prefixRewrite').error('it replaces a matched prefix: expected every match of the rule to have uri.prefix')
  }
  if (scheme && scheme !== 'http' && scheme !== 'https')
    findings.at('scheme').error(`"${scheme}" is not a scheme: expected http or https`)
  if (port !== undefined && derivePort !== undefined) findings.error('port and derivePort are both there: expected one of them')
  if (port) findings.at('port').check(checkPort(port)) // 0 is protobuf's way to say nothing
  if (redirectCode === undefined || redirectCode === 0 || sentRedirects.has(redirectCode)) return
  const expected = `expected one of ${[...sentRedirects].join(', ')}`
  if (redirectCode >= 300 && redirectCode <= 399)
    findings.at('redirectCode').warning(`${redirectCode} cannot be sent, 301 is sent: ${expected}`)
  else findings.at('redirectCode').error(`${redirectCode} is not a redirect: ${expected}`)
}

export function checkDirectResponse(response: HTTPDirectResponse | undefined, findings: Findings): void {
  if (response === undefined) return
  findings.at('status').check(checkHttpStatus(response.status))
  const { string, bytes } = response.body ?? {}
  if (string !== undefined && bytes !== undefined)
    findings.at('body').error('string and bytes are both there: expected one of them')
  const size = Buffer.byteLength(string ?? '') + Buffer.byteLength(bytes ?? '', 'base64')
  if (size > bodyLimit) findings.at('body').error(`the body has ${size} bytes: expected at most ${bodyLimit}`)
  else if (size > bodyAdvice)
    findings.at('body').warning(`the body has ${size} bytes, which every proxy keeps in memory: expected at most ${bodyAdvice}`)
}

export function checkRewrite(rewrite: HTTPRewrite | undefined, findings: Findings): void {
  if (rewrite === undefined) return
  const { uri, authority, uriRegexRewrite } = rewrite
  if (uri && uriRegexRewrite) findings.error('uri and uriRegexRewrite are both there: expected one of them')
  if (!uri && !uriRegexRewrite && !authority) findings.error('it rewrites nothing: expected uri, uriRegexRewrite or authority')
  if (!uriRegexRewrite) return
  const at = findings.at('uriRegexRewrite')
  if (!uriRegexRewrite.match || !uriRegexRewrite.rewrite) at.error('expected both match and rewrite')
  if (uriRegexRewrite.match) at.at('match').check(checkRegex(uriRegexRewrite.match))
}

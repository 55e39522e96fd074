/**
 * envoy.config.route.v3.RedirectAction: the Location of the answer.
 */
import { toByteText } from '../../lib/byte-text.ts'
import {
  RedirectAction_RedirectResponseCode as Code,
  type RedirectAction,
} from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { RequestHead } from '../http/stream.ts'
import type { RedirectAction as Redirect } from './decision.ts'
import { withoutPort } from './host-table.ts'
import { forwardedProto } from './request-field.ts'
import { compilePathRewrite } from './rewrite.ts'
import type { PathCriterion } from './route-match.ts'

const STATUS: Readonly<Record<Code, Redirect['status']>> = {
  [Code.MOVED_PERMANENTLY]: 301,
  [Code.FOUND]: 302,
  [Code.SEE_OTHER]: 303,
  [Code.TEMPORARY_REDIRECT]: 307,
  [Code.PERMANENT_REDIRECT]: 308,
}

/** @throws on what cannot be honoured, with the reason */
export function compileRedirect(action: RedirectAction, matched: PathCriterion): Pick<Redirect, 'status' | 'location'> {
  const status = STATUS[action.responseCode]
  if (status === undefined) throw new Error(`redirect.response_code is ${String(action.responseCode)}, expected 0 to 4`)
  const newScheme = compileScheme(action)
  const path = compileTarget(action, matched)
  const newHost = toByteText(action.hostRedirect)
  const port = action.portRedirect === 0 ? '' : `:${action.portRedirect}`
  return {
    status,
    location(head) {
      const scheme = newScheme ?? head.scheme
      const host = newHost || requestHost(head, scheme, port !== '')
      return `${scheme}://${host}${port}${path(head.path)}`
    },
  }
}

function compileScheme({ schemeRewriteSpecifier: specifier }: RedirectAction): string | undefined {
  if (specifier?.$case === 'schemeRedirect') return specifier.value || undefined
  return specifier?.value ? 'https' : undefined
}

/** The request's host; its port goes when a new one is given, or when it is the default port of a scheme that changes. */
function requestHost(head: RequestHead, scheme: string, newPort: boolean): string {
  const { authority } = head
  const host = withoutPort(authority)
  if (newPort || host === authority) return host
  const before = forwardedProto(head)
  const defaultPort = before === 'https' ? ':443' : before === 'http' ? ':80' : undefined
  return scheme !== before && authority.slice(host.length) === defaultPort ? host : authority
}

function compileTarget(action: RedirectAction, matched: PathCriterion): (path: string) => string {
  const { pathRewriteSpecifier: specifier, stripQuery } = action
  if (specifier?.$case === 'pathRedirect' && specifier.value !== '') {
    const target = toByteText(specifier.value)
    // A query of its own wins over the request's, and is not stripped.
    if (stripQuery || target.includes('?')) return () => target
    return path => target + queryOf(path)
  }
  const rewrite = compilePathRewrite(
    specifier?.$case === 'prefixRewrite' ? specifier.value : '',
    specifier?.$case === 'regexRewrite' ? specifier.value : undefined,
    matched,
  )
  return path => {
    const target = rewrite?.(path) ?? path
    return stripQuery ? target.slice(0, target.length - queryOf(target).length) : target
  }
}

function queryOf(path: string): string {
  const question = path.indexOf('?')
  return question < 0 ? '' : path.slice(question)
}

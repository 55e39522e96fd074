/** Routes that the proxy answers itself: redirects and direct responses. */
import type { DirectResponse, Redirect } from '../../model/http-rule.ts'
import {
  RedirectAction_RedirectResponseCode as Code,
  DirectResponseAction,
  RedirectAction,
} from '../gen/envoy/config/route/v3/route_components.ts'

const CODES: ReadonlyMap<number, RedirectAction['responseCode']> = new Map([
  [301, Code.MOVED_PERMANENTLY],
  [302, Code.FOUND],
  [303, Code.SEE_OTHER],
  [307, Code.TEMPORARY_REDIRECT],
  [308, Code.PERMANENT_REDIRECT],
])

/** @param listenPort what "the port of the request" is: a route table belongs to one port */
export function redirect(action: Redirect, listenPort: number): RedirectAction {
  return RedirectAction.fromPartial({
    responseCode: CODES.get(action.status) ?? Code.MOVED_PERMANENTLY,
    hostRedirect: action.authority,
    schemeRewriteSpecifier: action.scheme ? { $case: 'schemeRedirect', value: action.scheme } : undefined,
    portRedirect: redirectPort(action.port, listenPort),
    pathRewriteSpecifier: action.path && pathRewrite(action.path),
  })
}

/** 0 writes no port. */
function redirectPort(port: Redirect['port'], listenPort: number): number {
  if (port === 'request') return listenPort
  if (port === 'listener') return listenPort === 80 || listenPort === 443 ? 0 : listenPort
  return typeof port === 'number' ? port : 0
}

function pathRewrite(path: NonNullable<Redirect['path']>): RedirectAction['pathRewriteSpecifier'] {
  switch (path.kind) {
    case 'whole':
      return { $case: 'pathRedirect', value: path.value }
    case 'prefix':
      return { $case: 'prefixRewrite', value: path.value }
    case 'regex': {
      const pattern = { engineType: undefined, regex: path.pattern }
      return { $case: 'regexRewrite', value: { pattern, substitution: path.substitution } }
    }
  }
}

export function directResponse(action: DirectResponse): DirectResponseAction {
  return DirectResponseAction.fromPartial({
    status: action.status,
    body: action.body && { specifier: { $case: 'inlineBytes', value: Buffer.from(action.body) } },
  })
}

/** Filters of rules and of backends. */
import type {
  CorsFilter,
  HeaderFilter,
  HttpRouteFilter,
  PathModifier,
  RequestMirror,
  RequestRedirect,
} from '../../api/gateway/httproute/filters.ts'
import { escapeRegex } from '../../lib/escape-regex.ts'
import type { Cors, HeaderChanges, HeaderEdit, Redirect, Rewrite, TextMatch } from '../../model/http-rule.ts'

export function headerChanges(filters: readonly HttpRouteFilter[]): HeaderChanges {
  const find = (type: HttpRouteFilter['type']) => filters.find(filter => filter.type === type)
  return {
    request: headerEdit(find('RequestHeaderModifier')?.requestHeaderModifier),
    response: headerEdit(find('ResponseHeaderModifier')?.responseHeaderModifier),
  }
}

function headerEdit(filter: HeaderFilter | undefined): HeaderEdit {
  const pairs = (list: HeaderFilter['set']) => (list ?? []).map(({ name, value }) => [name, value] as const)
  return { set: pairs(filter?.set), add: pairs(filter?.add), remove: filter?.remove ?? [] }
}

/** @param prefix what the rule's only match asks the path to begin with */
export function redirectOf(spec: RequestRedirect, prefix: string): Redirect {
  return {
    kind: 'redirect',
    status: spec.statusCode ?? 302,
    path: spec.path && redirectPath(spec.path, prefix),
    authority: spec.hostname ?? '',
    scheme: spec.scheme ?? '',
    port: redirectPort(spec),
  }
}

/** A port that the scheme implies is not written. */
function redirectPort({ scheme, port }: RequestRedirect): Redirect['port'] {
  if (port === undefined) return scheme ? 'default' : 'listener'
  return port === (scheme === 'https' ? 443 : 80) ? 'default' : port
}

function redirectPath(path: PathModifier, prefix: string): NonNullable<Redirect['path']> {
  if (path.type === 'ReplaceFullPath') return { kind: 'whole', value: path.replaceFullPath || '/' }
  const replacement = replacePrefix(path.replacePrefixMatch ?? '', prefix)
  return typeof replacement === 'string' ? { kind: 'prefix', value: replacement } : { kind: 'regex', ...replacement }
}

export function rewriteOf(filter: HttpRouteFilter | undefined, prefix: string): Rewrite | undefined {
  const { hostname = '', path } = filter?.urlRewrite ?? {}
  if (!hostname && !path) return undefined
  const none = { uri: '', regex: undefined, authority: hostname }
  if (path?.type === 'ReplaceFullPath') {
    const substitution = (path.replaceFullPath || '/').replaceAll('\\', '\\\\')
    return { ...none, regex: { pattern: '/.*', substitution } }
  }
  if (!path) return none
  const replacement = replacePrefix(path.replacePrefixMatch ?? '', prefix)
  return typeof replacement === 'string' ? { ...none, uri: replacement } : { ...none, regex: replacement }
}

/** Elements of the path are replaced, so that no "/" is lost or doubled where prefix or replacement is the root. */
function replacePrefix(replacement: string, prefix: string): string | { pattern: string; substitution: string } {
  const value = replacement.replace(/\/+$/, '')
  if (prefix === '/') return `${value}/`
  return value === '' ? { pattern: `^${escapeRegex(prefix)}(/?)(.*)`, substitution: '/\\2' } : value
}

export function mirrorPercent({ percent, fraction }: RequestMirror): number {
  if (fraction) return (fraction.numerator / (fraction.denominator ?? 100)) * 100
  return percent ?? 100
}

export function corsOf(spec: CorsFilter): Cors {
  return {
    origins: (spec.allowOrigins ?? []).map(corsOrigin),
    methods: spec.allowMethods ?? [],
    headers: spec.allowHeaders ?? [],
    expose: spec.exposeHeaders ?? [],
    maxAgeSeconds: spec.maxAge ?? 5,
    credentials: spec.allowCredentials,
    forwardUnmatchedPreflights: false,
  }
}

/** "*" in an origin stands for any text, "https://*.example.com" for all names below. */
function corsOrigin(origin: string): TextMatch {
  if (origin === '*') return { kind: 'regex', value: '.*' }
  if (!origin.includes('*')) return { kind: 'exact', value: origin }
  return { kind: 'regex', value: origin.split('*').map(escapeRegex).join('.*') }
}

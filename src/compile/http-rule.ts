/** HTTP rules of VirtualServices. */
import type {
  CorsPolicy,
  Destination as DestinationSpec,
  HeaderOperations,
  Headers,
  HTTPFaultInjection,
  HTTPMatchRequest,
  HTTPRedirect,
  HTTPRetry,
  HTTPRoute,
} from '../api/istio/virtualservice/schema.ts'
import { grpcStatus } from '../lib/grpc-status.ts'
import { fullHostName } from '../model/host.ts'
import type {
  Cors,
  Destination,
  DirectResponse,
  Fault,
  Forward,
  HeaderChanges,
  HeaderEdit,
  HttpMatch,
  HttpRule,
  Mirror,
  Redirect,
  RetryPolicy,
} from '../model/http-rule.ts'
import type { Origin } from '../model/origin.ts'
import { DEFAULT_RETRY, type MeshSettings } from '../model/settings.ts'
import { splitClaims } from './claim-match.ts'
import { milliseconds } from './duration.ts'
import { gatewayName } from './gateway-name.ts'
import { namedMatches, optionalMatch } from './text-match.ts'

/** Whose short names are meant: the namespace of the object that holds the rule. */
export interface RuleContext {
  readonly namespace: string
  readonly settings: MeshSettings
}

export function compileHttpRule(route: HTTPRoute, context: RuleContext, origin: Origin): HttpRule {
  return {
    name: route.name ?? '',
    matches: (route.match ?? []).map(match => compileMatch(match, context)),
    action: compileAction(route, context),
    headers: headerChanges(route.headers),
    fault: route.fault && compileFault(route.fault),
    cors: route.corsPolicy && compileCors(route.corsPolicy),
    origin,
  }
}

export function compileDestination(destination: DestinationSpec, { namespace, settings }: RuleContext): Destination {
  return {
    host: fullHostName(destination.host, namespace, settings.domainSuffix).toLowerCase(),
    subset: destination.subset ?? '',
    port: destination.port?.number || undefined,
  }
}

function compileMatch(match: HTTPMatchRequest, { namespace }: RuleContext): HttpMatch {
  const { claims, headers, withoutHeaders } = splitClaims(match)
  return {
    name: match.name ?? '',
    uri: optionalMatch(match.uri),
    ignoreUriCase: match.ignoreUriCase ?? false,
    scheme: optionalMatch(match.scheme),
    method: optionalMatch(match.method),
    authority: optionalMatch(match.authority),
    headers: namedMatches(headers, true),
    withoutHeaders: namedMatches(withoutHeaders, true),
    queryParams: namedMatches(match.queryParams, false),
    claims,
    client: {
      port: match.port || undefined,
      labels: match.sourceLabels ?? {},
      namespace: match.sourceNamespace ?? '',
      attachments: (match.gateways ?? []).map(gateway => gatewayName(gateway, namespace)),
    },
    statPrefix: match.statPrefix ?? '',
  }
}

function compileAction(route: HTTPRoute, context: RuleContext): Forward | Redirect | DirectResponse {
  if (route.redirect) return compileRedirect(route.redirect)
  if (route.directResponse) {
    const { status, body } = route.directResponse
    return {
      kind: 'direct-response',
      status,
      body: body && Buffer.from(body.string ?? body.bytes ?? '', body.string === undefined ? 'base64' : 'utf8'),
    }
  }
  return {
    kind: 'forward',
    destinations: (route.route ?? []).map(entry => ({
      ...compileDestination(entry.destination, context),
      weight: entry.weight ?? 0,
      headers: headerChanges(entry.headers),
    })),
    rewrite: route.rewrite && {
      uri: route.rewrite.uri ?? '',
      authority: route.rewrite.authority ?? '',
      regex: route.rewrite.uriRegexRewrite && {
        pattern: route.rewrite.uriRegexRewrite.match ?? '',
        substitution: route.rewrite.uriRegexRewrite.rewrite ?? '',
      },
    },
    mirrors: compileMirrors(route, context),
    timeoutMs: milliseconds(route.timeout) ?? 0,
    retry: route.retries && compileRetry(route.retries),
  }
}

function compileRedirect(redirect: HTTPRedirect): Redirect {
  const path = redirect.uri
    ? ({ kind: 'whole', value: redirect.uri } as const)
    : redirect.prefixRewrite
      ? ({ kind: 'prefix', value: redirect.prefixRewrite } as const)
      : undefined
  const derived = redirect.derivePort === 'FROM_REQUEST_PORT' ? 'request' : redirect.derivePort ? 'default' : undefined
  return {
    kind: 'redirect',
    status: redirect.redirectCode || 301,
    path,
    authority: redirect.authority ?? '',
    scheme: redirect.scheme ?? '',
    port: redirect.port || derived,
  }
}

function compileMirrors(route: HTTPRoute, context: RuleContext): Mirror[] {
  const one = route.mirror
    ? [
        {
          destination: compileDestination(route.mirror, context),
          percent: route.mirrorPercentage?.value ?? route.mirrorPercent ?? 100,
        },
      ]
    : []
  const several = (route.mirrors ?? []).map(mirror => ({
    destination: compileDestination(mirror.destination, context),
    percent: mirror.percentage ? (mirror.percentage.value ?? 0) : 100,
  }))
  return [...one, ...several]
}

/** Numbers among the conditions are statuses, and ask for the condition that looks at them. */
export function compileRetry(retries: HTTPRetry): RetryPolicy {
  const tokens = (retries.retryOn ?? '')
    .split(',')
    .map(token => token.trim())
    .filter(Boolean)
  const statuses = tokens.filter(token => /^\d+$/.test(token)).map(Number)
  const words = tokens.filter(token => !/^\d+$/.test(token))
  if (statuses.length > 0 && !words.includes('retriable-status-codes')) words.push('retriable-status-codes')
  return {
    attempts: retries.attempts ?? 0,
    perTryTimeoutMs: milliseconds(retries.perTryTimeout),
    on: words.length > 0 ? words : DEFAULT_RETRY.on,
    statuses,
    remoteLocalities: retries.retryRemoteLocalities ?? false,
    avoidPreviousHosts: retries.retryIgnorePreviousHosts ?? true,
    backoffMs: milliseconds(retries.backoff),
  }
}

/** A fault without a percentage never happens. */
function compileFault({ delay, abort }: HTTPFaultInjection): Fault {
  const ms = milliseconds(delay?.fixedDelay)
  const status = abort?.grpcStatus ? grpcStatus(abort.grpcStatus) : abort?.httpStatus
  return {
    delay: delay && ms !== undefined ? { ms, percent: delay.percentage?.value ?? delay.percent ?? 0 } : undefined,
    abort:
      abort && status !== undefined
        ? { kind: abort.grpcStatus ? 'grpc' : 'http', status, percent: abort.percentage?.value ?? 0 }
        : undefined,
  }
}

function compileCors(cors: CorsPolicy): Cors {
  const maxAge = milliseconds(cors.maxAge)
  const exact = (cors.allowOrigin ?? []).map(value =>
    value === '*' ? ({ kind: 'regex', value: '.*' } as const) : ({ kind: 'exact', value } as const),
  )
  return {
    origins: cors.allowOrigins ? cors.allowOrigins.flatMap(match => optionalMatch(match) ?? []) : exact,
    methods: cors.allowMethods ?? [],
    headers: cors.allowHeaders ?? [],
    expose: cors.exposeHeaders ?? [],
    maxAgeSeconds: maxAge === undefined ? undefined : Math.round(maxAge / 1000),
    credentials: cors.allowCredentials,
    forwardUnmatchedPreflights: cors.unmatchedPreflights !== 'IGNORE',
  }
}

export function headerChanges(headers: Headers | undefined): HeaderChanges {
  return { request: headerEdit(headers?.request), response: headerEdit(headers?.response) }
}

function headerEdit(operations: HeaderOperations | undefined): HeaderEdit {
  return {
    set: Object.entries(operations?.set ?? {}),
    add: Object.entries(operations?.add ?? {}),
    remove: operations?.remove ?? [],
  }
}

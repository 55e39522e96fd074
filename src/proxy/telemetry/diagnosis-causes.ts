/**
 * The causes that a diagnosis knows, most telling first: what names a rule or a setting comes before what only names a symptom. Each looks at
 * the evidence and says what it finds, or nothing.
 */
import type { ConfigOrigin } from '../route/decision.ts'
import { routeConfigured } from './configured.ts'
import { TRANSPORT_CAUSES } from './diagnosis-transport.ts'
import type { Evidence, Finding } from './evidence.ts'

type Cause = (evidence: Evidence) => Finding | undefined

export const CAUSES: readonly Cause[] = [
  denied,
  tokenRefused,
  externallyRefused,
  limited,
  faultInjected,
  routeMissing,
  clusterMissing,
  answeredByRoute,
  answeredByFilter,
  callerGone,
  badRequest,
  timedOut,
  ...TRANSPORT_CAUSES,
  calleeAnswered,
]

function denied({ details, policy, source, method, path }: Evidence): Finding | undefined {
  if (!details.startsWith('rbac_access_denied')) return undefined
  const who = source.principal ?? `a caller without a certificate (${source.address})`
  const what = method === undefined ? 'this connection' : `${method} ${path}`
  const at = policy?.rule && policyOrigin(policy.rule)
  const advice = 'change the rule if this caller is meant to get through'
  if (policy?.name !== undefined)
    return { culprit: 'mesh configuration', cause: `an access rule denies ${what} to ${who}`, advice, at }
  const why = policy?.reason?.replace(/^no policy allows it(; )?/, '')
  const cause = `no access rule allows ${what} to ${who}${why ? `; ${why}` : ''}`
  return { culprit: 'mesh configuration', cause, advice: 'extend the nearest rule, or add one', at }
}

function policyOrigin({
  object,
  rule,
  file,
  line,
}: NonNullable<NonNullable<Evidence['policy']>['rule']>): ConfigOrigin | undefined {
  return object === '' ? undefined : { origin: object, rule, file, line }
}

function tokenRefused({ details, policy }: Evidence): Finding | undefined {
  const why = /^jwt_authn_access_denied\{(.*)\}/.exec(details)?.[1]?.replaceAll('_', ' ')
  if (why === undefined) return undefined
  const advice = 'send a token that an issuer of the RequestAuthentication has signed, in date and for this audience'
  return { culprit: 'caller', cause: `the token was refused (${why})`, advice, at: policy?.rule && policyOrigin(policy.rule) }
}

function externallyRefused({ details, flags }: Evidence): Finding | undefined {
  if (details === 'ext_authz_denied')
    return { culprit: 'caller', cause: 'the external authorizer refused the request', advice: 'ask it why, in its own log' }
  if (details === 'ext_authz_error' || (flags.includes('UAEX') && details === ''))
    return {
      culprit: 'mesh configuration',
      cause: 'the external authorizer could not be asked',
      advice: 'start it, correct its address in extensionProviders, or set failOpen',
    }
  return undefined
}

function limited({ details, flags, route }: Evidence): Finding | undefined {
  if (flags.includes('RLSE') || details === 'rate_limiter_error')
    return {
      culprit: 'mesh configuration',
      cause: 'the rate limit service could not be asked',
      advice: 'start it, or let requests pass while it is away',
    }
  if (!flags.includes('RL') && !details.endsWith('rate_limited')) return undefined
  const advice = 'send less, wait as retry-after says, or raise the limit'
  return { culprit: 'caller', cause: 'the caller sent more than its rate limit', advice, at: routeConfigured(route) }
}

function faultInjected({ details, flags, route }: Evidence): Finding | undefined {
  if (details !== 'fault_filter_abort' && !flags.includes('FI')) return undefined
  const advice = 'remove the fault from the route when the experiment is over'
  return { culprit: 'mesh configuration', cause: 'an injected fault answered', advice, at: routeConfigured(route) }
}

function routeMissing({ flags, authority = '', path = '', listener, route }: Evidence): Finding | undefined {
  if (!flags.includes('NR')) return undefined
  const cause =
    route === undefined || route.virtualHost === ''
      ? `no route matches ${authority}${path} at ${listener.address}`
      : `no route of ${route.virtualHost} matches ${path}`
  const advice = 'correct the host or path of the request, or add a route or a Service for it'
  return { culprit: 'mesh configuration', cause, advice, at: routeConfigured(route) }
}

function clusterMissing({ flags, cluster, service, route }: Evidence): Finding | undefined {
  if (!flags.includes('NC')) return undefined
  const what = service ?? cluster ?? 'a destination'
  const advice = "create the Service or the DestinationRule's subset, or correct the route's destination"
  return {
    culprit: 'mesh configuration',
    cause: `the route leads to ${what}, which does not exist`,
    advice,
    at: routeConfigured(route),
  }
}

const BY_FILTER: ReadonlyMap<string, readonly [cause: string, advice: string]> = new Map([
  ['typescript_filter_answer', ['a TypeScript filter gave this answer', 'look at what the filter says of such requests']],
  ['health_check_failed', ['the proxy was told to fail health checks', 'wait until the pod has gone, or POST /healthcheck/ok']],
  [
    'health_check_cluster_unhealthy',
    ['too few endpoints of a cluster are healthy for the health check filter', 'look why they are not, or lower its percentage'],
  ],
  ['health_check_cached', ['the application failed its last health check', "look at the application's log"]],
])

function answeredByFilter({ details }: Evidence): Finding | undefined {
  const known = BY_FILTER.get(details)
  return known && { culprit: 'mesh configuration', cause: known[0], advice: known[1] }
}

function answeredByRoute({ details, route, authority = '' }: Evidence): Finding | undefined {
  if (details !== 'direct_response') return undefined
  if (route?.virtualHost === 'block_all')
    return {
      culprit: 'mesh configuration',
      cause: `${authority} is not known to the mesh, and outboundTrafficPolicy is REGISTRY_ONLY`,
      advice: 'add a ServiceEntry for it, or correct the host',
    }
  const advice = 'change the route if the request is meant to get further'
  return { culprit: 'mesh configuration', cause: 'the route itself gives this answer', advice, at: routeConfigured(route) }
}

function callerGone({ flags, details }: Evidence): Finding | undefined {
  if (!flags.includes('DC') && !flags.includes('DR')) return undefined
  const cause = `the caller went away before the response was complete${details === '' ? '' : ` (${details})`}`
  return { culprit: 'caller', cause, advice: "look at the caller's own timeout, or make the callee quicker" }
}

const BAD_REQUESTS: ReadonlyMap<string, readonly [cause: string, advice: string]> = new Map([
  ['missing_host_header', ['the request has no Host', 'send one']],
  ['missing_path_rejected', ['the request has no target', 'send one']],
  ['absolute_path_rejected', ['the path does not begin with "/"', 'send one that does']],
  ['path_normalization_failed', ['the path cannot be normalized', 'send one without broken escapes']],
  ['low_version', ['the request is HTTP/1.0', 'use HTTP/1.1']],
  ['request_overall_timeout', ['the caller took too long to send its request', 'send it faster, or raise the request timeout']],
  ['request_header_timeout', ['the caller took too long to send its headers', 'send them at once']],
  ['upgrade_failed', ['neither listener nor route allows this upgrade', 'allow it in the configuration, or do not ask for it']],
  [
    'csrf_origin_mismatch',
    ['the request comes from a page of another origin', "send it from the site itself, or add the origin to the filter's list"],
  ],
  ['request_payload_too_large', ['the body is larger than the authorizer may be shown', 'send less, or raise maxRequestBytes']],
])

function badRequest({ details, flags }: Evidence): Finding | undefined {
  const known = BAD_REQUESTS.get(details)
  if (known !== undefined) return { culprit: 'caller', cause: known[0], advice: known[1] }
  if (!flags.includes('DPE')) return undefined
  const advice = 'correct the client, or declare the port as TCP'
  return { culprit: 'caller', cause: `the caller does not speak proper HTTP (${details})`, advice }
}

function timedOut({ details, flags, route, service, destination, tries, durationMs }: Evidence): Finding | undefined {
  const callee = service ?? destination?.workload ?? destination?.address ?? 'the callee'
  if (flags.includes('UT')) {
    const last = tries.at(-1)
    const waited = Math.round(details.startsWith('upstream_per_try') && last ? last.endMs - last.startMs : durationMs)
    const at = routeConfigured(route)
    const cause = `${callee} had not answered after the ${waited} ms that the route's timeout allows`
    return {
      culprit: at === undefined ? 'callee' : 'mesh configuration',
      cause,
      advice: 'raise the timeout, or make the callee quicker',
      at,
    }
  }
  if (flags.includes('SI'))
    return {
      culprit: 'callee',
      cause: 'no byte moved for the idle timeout',
      advice: 'look why the callee is silent, or raise it',
    }
  if (!flags.includes('DT')) return undefined
  const advice = 'raise maxStreamDuration or maxConnectionDuration, or end earlier'
  return { culprit: 'mesh configuration', cause: `it lasted longer than allowed (${Math.round(durationMs)} ms)`, advice }
}

/** gRPC codes that say something about the request, not about the callee. */
const GRPC_CALLER: ReadonlySet<number> = new Set([1, 3, 5, 6, 7, 9, 11, 16])

function calleeAnswered({ details, status, grpcStatus, service, destination, side }: Evidence): Finding | undefined {
  if (details !== 'via_upstream') return undefined
  const callee =
    side === 'inbound' ? 'the application' : (service ?? destination?.workload ?? destination?.address ?? 'the callee')
  const answer = grpcStatus === undefined || status >= 400 ? `${status}` : `grpc-status ${grpcStatus}`
  const byCaller = status >= 400 ? status < 500 : GRPC_CALLER.has(grpcStatus ?? 2)
  return byCaller
    ? { culprit: 'caller', cause: `${callee} answered ${answer}`, advice: 'correct the request: the callee refused it' }
    : { culprit: 'callee', cause: `${callee} answered ${answer}`, advice: "look at the callee's log for this request id" }
}

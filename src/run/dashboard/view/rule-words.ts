/** Rules of the model in a line of words each, for people who look and do not edit. */
import type { AccessPolicy, AccessRule, Requirement } from '../../../model/access-policy.ts'
import type { HttpMatch, HttpRule, PathMatch, TextMatch } from '../../../model/http-rule.ts'
import type { RateLimit } from '../../../model/rate-limit.ts'
import type { PolicyBlocks } from '../../../model/traffic-policy.ts'

/** `path prefix "/api" and header x-user = "ann"`; "every request" without a condition. */
export function matchesWords(matches: readonly HttpMatch[]): string {
  const words = matches.map(matchWords)
  return words.length === 0 || words.includes('') ? 'every request' : words.join(', or ')
}

function matchWords(match: HttpMatch): string {
  return [
    ...(match.uri ? [`path ${pathWords(match.uri)}${match.ignoreUriCase ? ' in any case' : ''}`] : []),
    ...(match.method ? [`method ${textWords(match.method)}`] : []),
    ...(match.authority ? [`host ${textWords(match.authority)}`] : []),
    ...(match.scheme ? [`scheme ${textWords(match.scheme)}`] : []),
    ...match.headers.map(({ name, match: value }) => `header ${name} ${textWords(value)}`),
    ...match.withoutHeaders.map(({ name, match: value }) => `header ${name} not ${textWords(value)}`),
    ...match.queryParams.map(({ name, match: value }) => `query ${name} ${textWords(value)}`),
    ...(match.client.port === undefined ? [] : [`port ${match.client.port}`]),
    ...(match.client.namespace === '' ? [] : [`from namespace ${match.client.namespace}`]),
    ...Object.entries(match.client.labels).map(([key, value]) => `from ${key}=${value}`),
  ].join(' and ')
}

function pathWords(match: PathMatch): string {
  return match.kind === 'segments' ? `"${match.value}" or below` : textWords(match)
}

function textWords(match: TextMatch): string {
  if (match.kind === 'present') return 'present'
  return match.kind === 'exact' ? `= "${match.value}"` : match.kind === 'prefix' ? `begins "${match.value}"` : `~ ${match.value}`
}

/** What becomes of a request that matches, and on what terms. */
export function actionWords({ action, fault }: HttpRule): string[] {
  const faults = [
    ...(fault?.abort ? [`answers ${fault.abort.status} to ${fault.abort.percent} %`] : []),
    ...(fault?.delay ? [`delays ${fault.delay.percent} % by ${time(fault.delay.ms)}`] : []),
  ]
  if (action.kind === 'direct-response') return [...faults, `answers ${action.status}`]
  if (action.kind === 'redirect') return [...faults, `redirects (${action.status})`]
  const { destinations, timeoutMs, retry, rewrite, mirrors } = action
  const total = destinations.reduce((sum, each) => sum + each.weight, 0)
  const targets = destinations.map(({ host, subset, weight }) => {
    const share = destinations.length > 1 && total > 0 ? `${Math.round((100 * weight) / total)} % ` : ''
    return `${share}${host.split('.')[0]}${subset === '' ? '' : ` ${subset}`}`
  })
  return [
    ...faults,
    `to ${targets.join(', ')}`,
    ...(timeoutMs > 0 ? [`timeout ${time(timeoutMs)}`] : []),
    ...(retry && retry.attempts > 0
      ? [`${retry.attempts} retries${retry.perTryTimeoutMs ? `, ${time(retry.perTryTimeoutMs)} each` : ''}`]
      : []),
    ...(rewrite && (rewrite.uri !== '' || rewrite.regex) ? ['rewrites the path'] : []),
    ...(mirrors.length > 0 ? [`mirrors to ${mirrors.map(({ destination }) => destination.host.split('.')[0]).join(', ')}`] : []),
  ]
}

export function trafficWords({ balancer, pool, outliers, tls, health }: PolicyBlocks): string[] {
  return [
    ...(balancer ? [`balances by ${balancer.kind.replace('-', ' ')}`] : []),
    ...(pool?.maxConnections === undefined ? [] : [`at most ${pool.maxConnections} connections`]),
    ...(pool?.maxRequests === undefined ? [] : [`at most ${pool.maxRequests} requests at once`]),
    ...(pool?.connectTimeoutMs === undefined ? [] : [`connects within ${time(pool.connectTimeoutMs)}`]),
    ...(outliers ? ['leaves out endpoints that fail'] : []),
    ...(health ? ['checks endpoints'] : []),
    ...(tls ? [TLS[tls.mode]] : []),
  ]
}

const TLS = {
  disable: 'plaintext: no TLS to the endpoints',
  simple: 'TLS to the endpoints',
  mutual: 'mutual TLS with its own certificate',
  mesh: 'mutual TLS of the mesh',
} as const

export function accessWords(policy: AccessPolicy): string {
  const what = { allow: 'allows', deny: 'denies', audit: 'audits', custom: `asks ${policy.provider} about` }[policy.action]
  return policy.rules.length === 0
    ? `${what} nothing`
    : `${policy.dryRun ? '(dry run) ' : ''}${what} ${policy.rules.map(ruleWords).join(', or ')}`
}

function ruleWords({ from, to, when }: AccessRule): string {
  const alternatives = (lists: readonly (readonly Requirement[])[]) =>
    lists.map(list => list.map(requirementWords).join(' and ')).join(' or ')
  const parts = [
    ...(from.length > 0 ? [`from ${alternatives(from)}`] : []),
    ...(to.length > 0 ? [`for ${alternatives(to)}`] : []),
    ...when.map(each => `when ${requirementWords(each)}`),
  ]
  return parts.length === 0 ? 'everything' : parts.join(' ')
}

function requirementWords({ field, values, notValues }: Requirement): string {
  const wanted = values.length > 0 ? [`${field} ${values.join(' or ')}`] : []
  return [...wanted, ...(notValues.length > 0 ? [`${field} not ${notValues.join(', ')}`] : [])].join(' and ')
}

export function limitWords({ sustained, burst, shared, shadow, status }: RateLimit): string {
  const rate = `${sustained.requests} requests per ${time(sustained.perMs)}, bursts of ${burst}`
  return `${rate}${shared ? ', shared by all replicas' : ''}, then ${shadow ? 'only counts' : status}`
}

/** 1500 -> "1.5 s" */
export function time(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`
  return ms >= 1000 ? `${Number((ms / 1000).toFixed(2))} s` : `${Number(ms.toFixed(2))} ms`
}

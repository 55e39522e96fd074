/** Rules for HTTPRoute, as its CRD has them, and that expressions are ones the proxies can read. */
import { parseDuration } from '../../../lib/duration.ts'
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkRegex } from '../../values/regex.ts'
import { checkBackend, checkParents } from '../parent-rules.ts'
import { checkFilters } from './filter-rules.ts'
import type { HttpRouteFilter } from './filters.ts'
import type { HttpPathMatch, HttpRouteMatch, HttpRouteRule, HttpRouteSpec } from './schema.ts'
import { checkSession } from './session-rules.ts'

const MAX_MATCHES = 128

export function validateHttpRoute({ spec }: ConfigObject<'HTTPRoute', string, HttpRouteSpec>, findings: Findings): void {
  const at = findings.at('spec')
  checkParents(spec.parentRefs, at.at('parentRefs'))
  const rules = spec.rules ?? []
  const matches = rules.reduce((sum, rule) => sum + (rule.matches?.length ?? 1), 0)
  if (matches > MAX_MATCHES) at.at('rules').error(`its rules have ${matches} matches: expected at most ${MAX_MATCHES} in all`)
  checkRuleNames(rules, at.at('rules'))
  for (const [index, rule] of rules.entries()) checkRule(rule, at.at('rules', index))
}

/** @param findings at the rules */
export function checkRuleNames(rules: readonly { readonly name?: string }[], findings: Findings): void {
  const names = new Set<string>()
  for (const [index, { name }] of rules.entries()) {
    if (name !== undefined && names.has(name))
      findings.at(index, 'name').error(`"${name}" names two rules: expected another name for each`)
    if (name !== undefined) names.add(name)
  }
}

function checkRule(rule: HttpRouteRule, findings: Findings): void {
  for (const [index, match] of (rule.matches ?? []).entries()) checkMatch(match, findings.at('matches', index))
  checkFilters(rule.filters, findings.at('filters'))
  checkPrefixReplacement(rule, rule.filters, findings.at('filters'))
  const backends = rule.backendRefs ?? []
  for (const [index, backend] of backends.entries()) {
    const at = findings.at('backendRefs', index)
    checkBackend(backend, at)
    checkFilters(backend.filters, at.at('filters'))
    checkPrefixReplacement(rule, backend.filters, at.at('filters'))
  }
  if (backends.length > 0 && rule.filters?.some(filter => filter.type === 'RequestRedirect'))
    findings.error('RequestRedirect answers by itself: expected no backendRefs beside it')
  const { request, backendRequest } = rule.timeouts ?? {}
  const [whole, each] = [request, backendRequest].map(text => (text === undefined ? 0 : (parseDuration(text) ?? 0)))
  if (whole && each && each > whole)
    findings.at('timeouts', 'backendRequest').error(`${backendRequest} is longer than the whole request may take (${request})`)
  checkSession(rule.sessionPersistence, findings.at('sessionPersistence'))
}

function checkMatch({ path, headers, queryParams }: HttpRouteMatch, findings: Findings): void {
  if (path) findings.at('path', 'value').check(checkPathMatch(path))
  for (const [field, list] of [
    ['headers', headers],
    ['queryParams', queryParams],
  ] as const) {
    for (const [index, { type, value }] of (list ?? []).entries())
      if (type === 'RegularExpression') findings.at(field, index, 'value').check(checkRegex(value))
  }
}

const FORBIDDEN = ['//', '/./', '/../', '%2f', '%2F', '#']
const PATH = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/

function checkPathMatch({ type = 'PathPrefix', value = '/' }: HttpPathMatch): string | undefined {
  if (type === 'RegularExpression') return checkRegex(value)
  const quoted = JSON.stringify(value)
  if (!value.startsWith('/')) return `${quoted} is not a path: expected it to begin with "/"`
  const forbidden = FORBIDDEN.find(part => value.includes(part))
  if (forbidden) return `${quoted} contains "${forbidden}", which no request that arrives here has: expected a path without it`
  if (value.endsWith('/..') || value.endsWith('/.')) return `${quoted} ends in dots: expected a path without them`
  return PATH.test(value) ? undefined : `${quoted} has characters that a path cannot have: expected them encoded as %XX`
}

/** A prefix can only be replaced where one prefix is matched. */
function checkPrefixReplacement(rule: HttpRouteRule, filters: readonly HttpRouteFilter[] | undefined, findings: Findings): void {
  const [first, ...more] = rule.matches ?? [{}]
  const onePrefix = first !== undefined && more.length === 0 && (first.path?.type ?? 'PathPrefix') === 'PathPrefix'
  if (onePrefix) return
  for (const [index, { requestRedirect, urlRewrite }] of (filters ?? []).entries()) {
    if ((requestRedirect ?? urlRewrite)?.path?.type === 'ReplacePrefixMatch')
      findings
        .at(index)
        .error('ReplacePrefixMatch replaces what was matched: expected exactly one match, with a path of type PathPrefix')
  }
}

/** Rules for GRPCRoute, as its CRD has them. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkRegex } from '../../values/regex.ts'
import { checkFilters } from '../httproute/filter-rules.ts'
import { checkSession } from '../httproute/session-rules.ts'
import { checkRuleNames } from '../httproute/validate.ts'
import { checkBackend, checkParents } from '../parent-rules.ts'
import type { GrpcMethodMatch, GrpcRouteRule, GrpcRouteSpec } from './schema.ts'

const MAX_MATCHES = 128
const SERVICE = /^\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$/i
const METHOD = /^[A-Za-z_][A-Za-z_0-9]*$/

export function validateGrpcRoute({ spec }: ConfigObject<'GRPCRoute', string, GrpcRouteSpec>, findings: Findings): void {
  const at = findings.at('spec')
  checkParents(spec.parentRefs, at.at('parentRefs'))
  const rules = spec.rules ?? []
  const matches = rules.reduce((sum, rule) => sum + (rule.matches?.length ?? 0), 0)
  if (matches > MAX_MATCHES) at.at('rules').error(`its rules have ${matches} matches: expected at most ${MAX_MATCHES} in all`)
  checkRuleNames(rules, at.at('rules'))
  for (const [index, rule] of rules.entries()) checkRule(rule, at.at('rules', index))
}

function checkRule(rule: GrpcRouteRule, findings: Findings): void {
  for (const [index, { method, headers }] of (rule.matches ?? []).entries()) {
    const at = findings.at('matches', index)
    if (method) checkMethod(method, at.at('method'))
    for (const [i, { type, value }] of (headers ?? []).entries())
      if (type === 'RegularExpression') at.at('headers', i, 'value').check(checkRegex(value))
  }
  checkFilters(rule.filters, findings.at('filters'))
  checkSession(rule.sessionPersistence, findings.at('sessionPersistence'))
  for (const [index, backend] of (rule.backendRefs ?? []).entries()) {
    const at = findings.at('backendRefs', index)
    checkBackend(backend, at)
    checkFilters(backend.filters, at.at('filters'))
  }
}

function checkMethod({ type = 'Exact', service, method }: GrpcMethodMatch, findings: Findings): void {
  if (!service && !method) findings.error('it names neither service nor method: expected at least one', { code: 'missing-field' })
  if (type === 'RegularExpression') {
    for (const [field, value] of [
      ['service', service],
      ['method', method],
    ] as const)
      if (value) findings.at(field).check(checkRegex(value))
    return
  }
  if (service && !SERVICE.test(service))
    findings.at('service').error(`"${service}" is not a gRPC service: expected one such as "shop.Orders"`)
  if (method && !METHOD.test(method))
    findings.at('method').error(`"${method}" is not a gRPC method: expected one such as "Create"`)
}

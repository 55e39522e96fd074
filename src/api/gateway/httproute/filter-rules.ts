/** Rules for the filters of HTTP and gRPC rules. */
import type { Findings } from '../../findings.ts'
import { checkHeaderValue } from '../../values/header.ts'
import { checkBackend } from '../parent-rules.ts'
import {
  type CorsFilter,
  type ExternalAuth,
  FILTER_FIELDS,
  type HeaderFilter,
  type HttpRouteFilter,
  type PathModifier,
  type RequestMirror,
} from './filters.ts'

const ONCE: ReadonlySet<string> = new Set([
  'RequestHeaderModifier',
  'ResponseHeaderModifier',
  'RequestRedirect',
  'URLRewrite',
  'CORS',
])

/** @param findings at the list */
export function checkFilters(filters: readonly HttpRouteFilter[] | undefined, findings: Findings): void {
  const seen = new Set<string>()
  for (const [index, filter] of (filters ?? []).entries()) {
    const at = findings.at(index)
    if (ONCE.has(filter.type) && seen.has(filter.type))
      at.at('type').error(`there is a filter ${filter.type} before this one: expected one`)
    seen.add(filter.type)
    checkFilter(filter, at)
  }
  if (seen.has('RequestRedirect') && seen.has('URLRewrite'))
    findings.error('it has both RequestRedirect and URLRewrite: expected one of them')
}

function checkFilter(filter: HttpRouteFilter, findings: Findings): void {
  for (const [type, field] of Object.entries(FILTER_FIELDS)) {
    const has = filter[field] !== undefined
    if (has && type !== filter.type)
      findings.at(field).error(`it belongs to type ${type}: expected "${FILTER_FIELDS[filter.type]}" for type ${filter.type}`)
    if (!has && type === filter.type) findings.error(`"${field}" is missing: type ${type} needs it`, { code: 'missing-field' })
  }
  checkHeaders(filter.requestHeaderModifier, findings.at('requestHeaderModifier'))
  checkHeaders(filter.responseHeaderModifier, findings.at('responseHeaderModifier'))
  checkPath(filter.requestRedirect?.path, findings.at('requestRedirect', 'path'))
  checkPath(filter.urlRewrite?.path, findings.at('urlRewrite', 'path'))
  if (filter.requestMirror) checkMirror(filter.requestMirror, findings.at('requestMirror'))
  if (filter.cors) checkCors(filter.cors, findings.at('cors'))
  if (filter.externalAuth) checkExternalAuth(filter.externalAuth, findings.at('externalAuth'))
}

/** A "%" would be a command to the proxy. */
function checkHeaders(filter: HeaderFilter | undefined, findings: Findings): void {
  for (const list of ['set', 'add'] as const) {
    for (const [index, { value }] of (filter?.[list] ?? []).entries())
      findings.at(list, index, 'value').check(checkHeaderValue(value))
  }
}

function checkPath(path: PathModifier | undefined, findings: Findings): void {
  if (!path) return
  for (const [type, field] of [
    ['ReplaceFullPath', 'replaceFullPath'],
    ['ReplacePrefixMatch', 'replacePrefixMatch'],
  ] as const) {
    const has = path[field] !== undefined
    if (has && path.type !== type) findings.at(field).error(`it belongs to type ${type}, and the type is ${path.type}`)
    if (!has && path.type === type) findings.error(`"${field}" is missing: type ${type} needs it`, { code: 'missing-field' })
  }
}

function checkMirror({ backendRef, percent, fraction }: RequestMirror, findings: Findings): void {
  checkBackend(backendRef, findings.at('backendRef'))
  if (percent !== undefined && fraction) findings.error('it has both percent and fraction: expected one of them')
  if (fraction && fraction.numerator > (fraction.denominator ?? 100))
    findings.at('fraction').error(`${fraction.numerator}/${fraction.denominator ?? 100} is more than all: expected at most 1`)
}

/** The settings of the protocol must be there, if only as an empty map, and those of the other must not. */
function checkExternalAuth(auth: ExternalAuth, findings: Findings): void {
  checkBackend(auth.backendRef, findings.at('backendRef'))
  for (const [protocol, field] of [
    ['GRPC', 'grpc'],
    ['HTTP', 'http'],
  ] as const) {
    const has = auth[field] !== undefined
    if (has && auth.protocol !== protocol)
      findings.at(field).error(`it belongs to protocol ${protocol}, and the protocol is ${auth.protocol}`)
    if (!has && auth.protocol === protocol)
      findings.error(`"${field}" is missing: protocol ${protocol} needs it, if only as "${field}: {}"`, { code: 'missing-field' })
  }
}

function checkCors(cors: CorsFilter, findings: Findings): void {
  for (const field of ['allowOrigins', 'allowMethods', 'allowHeaders'] as const) {
    const values: readonly string[] = cors[field] ?? []
    if (values.length > 1 && values.includes('*')) findings.at(field).error('"*" is all there is: expected it alone')
  }
}

/** Rules for what an HTTP rule adds to a request's way: retries, faults, mirroring, CORS. */
import { parseDuration } from '../../../lib/duration.ts'
import type { Findings } from '../../findings.ts'
import { checkHeaderName } from '../../values/header.ts'
import { checkDuration, checkHttpStatus, checkNotNegative, checkPercent, checkPercentage } from '../../values/quantity.ts'
import { checkDestination } from './destination.ts'
import type { CorsPolicy, HTTPFaultInjection, HTTPRetry, HTTPRoute } from './schema.ts'
import { isGrpcStatus, isHttpStatus, retryConditions } from './status.ts'
import { checkStringMatch } from './string-match.ts'

export function checkRetries(retries: HTTPRetry | undefined, findings: Findings): void {
  if (retries === undefined) return
  const { attempts = 0, perTryTimeout, retryOn, retryRemoteLocalities, backoff } = retries
  findings.at('attempts').check(checkNotNegative(attempts))
  if (attempts === 0 && (perTryTimeout !== undefined || retryOn || retryRemoteLocalities !== undefined)) {
    findings.error('attempts is 0, which turns retries off: expected attempts above 0 beside other settings')
  }
  if (perTryTimeout !== undefined) findings.at('perTryTimeout').check(checkDuration(perTryTimeout))
  if (backoff !== undefined) findings.at('backoff').check(checkDuration(backoff))
  for (const condition of retryOn ? retryOn.split(',') : []) {
    const name = condition.trim()
    if (retryConditions.has(name) || isHttpStatus(name)) continue
    const expected = `expected an HTTP status or one of ${[...retryConditions].join(', ')}`
    findings.at('retryOn').error(`${JSON.stringify(name)} is not a condition to retry on: ${expected}`)
  }
}

export function checkFault(fault: HTTPFaultInjection | undefined, findings: Findings): void {
  if (fault === undefined) return
  if (fault.delay === undefined && fault.abort === undefined) findings.error('expected a delay or an abort')
  if (fault.delay) checkDelay(fault.delay, findings.at('delay'))
  if (fault.abort) checkAbort(fault.abort, findings.at('abort'))
}

function checkDelay(delay: NonNullable<HTTPFaultInjection['delay']>, findings: Findings): void {
  if (delay.percentage?.value !== undefined) findings.at('percentage', 'value').check(checkPercentage(delay.percentage.value))
  if (delay.percent !== undefined) findings.at('percent').check(checkPercent(delay.percent))
  if (delay.exponentialDelay !== undefined) findings.at('exponentialDelay').error('it is not supported: expected fixedDelay')
  else if (delay.fixedDelay === undefined) findings.warning('without fixedDelay nothing is delayed')
  if (delay.fixedDelay !== undefined) findings.at('fixedDelay').check(checkDuration(delay.fixedDelay))
}

function checkAbort(abort: NonNullable<HTTPFaultInjection['abort']>, findings: Findings): void {
  const { httpStatus, grpcStatus, http2Error, percentage } = abort
  if (percentage?.value !== undefined) findings.at('percentage', 'value').check(checkPercentage(percentage.value))
  if (http2Error !== undefined) findings.at('http2Error').error('it is not supported: expected httpStatus or grpcStatus')
  if (httpStatus !== undefined && grpcStatus !== undefined)
    findings.error('httpStatus and grpcStatus are both there: expected one of them')
  if (httpStatus === undefined && grpcStatus === undefined)
    findings.warning('without httpStatus or grpcStatus nothing is aborted')
  if (httpStatus !== undefined) findings.at('httpStatus').check(checkHttpStatus(httpStatus))
  if (grpcStatus !== undefined && !isGrpcStatus(grpcStatus)) {
    findings.at('grpcStatus').error(`${JSON.stringify(grpcStatus)} is not a gRPC status: expected a name such as "UNAVAILABLE"`)
  }
}

/** @param findings at the rule */
export function checkMirrors(rule: HTTPRoute, findings: Findings): void {
  if (rule.mirror && rule.mirrors && rule.mirrors.length > 0)
    findings.error('mirror and mirrors are both there: expected one of them')
  if (rule.mirror) checkDestination(rule.mirror, findings.at('mirror'))
  if (rule.mirrorPercent !== undefined) {
    const at = findings.at('mirrorPercent')
    at.check(checkPercent(rule.mirrorPercent))
    at.warning('it is deprecated: expected mirrorPercentage', { fix: `write "mirrorPercentage: {value: ${rule.mirrorPercent}}"` })
  }
  const percentage = rule.mirrorPercentage?.value
  if (percentage !== undefined) findings.at('mirrorPercentage', 'value').check(checkPercentage(percentage))
  for (const [index, mirror] of (rule.mirrors ?? []).entries()) {
    const at = findings.at('mirrors', index)
    checkDestination(mirror.destination, at.at('destination'))
    if (mirror.percentage?.value !== undefined) at.at('percentage', 'value').check(checkPercentage(mirror.percentage.value))
  }
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*'])

export function checkCors(cors: CorsPolicy | undefined, findings: Findings): void {
  if (cors === undefined) return
  for (const [index, origin] of (cors.allowOrigins ?? []).entries()) {
    const at = findings.at('allowOrigins', index)
    if (!(origin.exact || origin.prefix || origin.regex))
      at.error('the match is empty: expected exact, prefix or regex with text')
    else checkStringMatch(origin, at)
  }
  for (const [index, method] of (cors.allowMethods ?? []).entries()) {
    if (methods.has(method)) continue
    findings
      .at('allowMethods', index)
      .error(`${JSON.stringify(method)} is not a method: expected one of ${[...methods].join(', ')}`)
  }
  for (const field of ['allowHeaders', 'exposeHeaders'] as const) {
    for (const [index, name] of (cors[field] ?? []).entries()) findings.at(field, index).check(checkHeaderName(name))
  }
  if (cors.maxAge === undefined) return
  const problem = checkDuration(cors.maxAge)
  if (problem !== undefined) findings.at('maxAge').error(problem)
  else if ((parseDuration(cors.maxAge) ?? 0) % 1000 !== 0)
    findings.at('maxAge').error(`"${cors.maxAge}" is too fine: expected whole seconds`)
}

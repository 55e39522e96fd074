/** Rules for connection pools and outlier detection. */
import type { Findings } from '../../findings.ts'
import { checkDuration, checkDurationOrZero, checkNotNegative, checkPercent } from '../../values/quantity.ts'
import type { ConnectionPoolSettings, OutlierDetection } from './connection-pool.ts'

/** @param findings at the settings */
export function checkConnectionPool(pool: ConnectionPoolSettings | undefined, findings: Findings): void {
  if (pool === undefined) return
  if (!pool.tcp && !pool.http) findings.error('the connection pool is empty: expected tcp or http')
  if (pool.tcp) checkTcp(pool.tcp, findings.at('tcp'))
  if (pool.http) checkHttp(pool.http, findings.at('http'))
}

function checkTcp(tcp: NonNullable<ConnectionPoolSettings['tcp']>, findings: Findings): void {
  if (tcp.maxConnections !== undefined) findings.at('maxConnections').check(checkNotNegative(tcp.maxConnections))
  checkDurations(tcp, ['connectTimeout', 'maxConnectionDuration'], findings)
  if (tcp.idleTimeout !== undefined) findings.at('idleTimeout').check(checkDurationOrZero(tcp.idleTimeout))
  if (tcp.tcpKeepalive) checkDurations(tcp.tcpKeepalive, ['time', 'interval'], findings.at('tcpKeepalive'))
}

const counts = [
  'http1MaxPendingRequests',
  'http2MaxRequests',
  'maxRequestsPerConnection',
  'maxRetries',
  'maxConcurrentStreams',
] as const

function checkHttp(http: NonNullable<ConnectionPoolSettings['http']>, findings: Findings): void {
  for (const field of counts) {
    const value = http[field]
    if (value !== undefined) findings.at(field).check(checkNotNegative(value))
  }
  checkDurations(http, ['idleTimeout'], findings)
  if (http.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol) {
    findings.error('h2UpgradePolicy UPGRADE and useClientProtocol contradict each other: expected one of them')
  }
  if (!http.http2KeepAlive) return
  const at = findings.at('http2KeepAlive')
  if (http.http2KeepAlive.interval === undefined || http.http2KeepAlive.timeout === undefined)
    at.error('expected both interval and timeout')
  checkDurations(http.http2KeepAlive, ['interval', 'timeout'], at)
}

/** @param findings at the settings */
export function checkOutlierDetection(detection: OutlierDetection | undefined, findings: Findings): void {
  if (detection === undefined) return
  checkDurations(detection, ['interval', 'baseEjectionTime'], findings)
  if (detection.consecutiveErrors) {
    const fix = 'write consecutiveGatewayErrors or consecutive5xxErrors'
    findings
      .at('consecutiveErrors')
      .warning('it is deprecated: expected consecutiveGatewayErrors or consecutive5xxErrors', { fix })
  }
  if (detection.consecutiveLocalOriginFailures && !detection.splitExternalLocalOriginErrors) {
    findings
      .at('consecutiveLocalOriginFailures')
      .error('it has no effect alone: expected splitExternalLocalOriginErrors: true beside it')
  }
  for (const field of ['maxEjectionPercent', 'minHealthPercent'] as const) {
    const value = detection[field]
    if (value !== undefined) findings.at(field).check(checkPercent(value))
  }
  for (const [index, status] of (detection.outlierDetectionHttpErrorCodes ?? []).entries()) {
    if (status >= 100 && status <= 599) continue
    findings.at('outlierDetectionHttpErrorCodes', index).error(`${status} is not an HTTP status: expected 100 to 599`)
  }
}

function checkDurations<Field extends string>(
  settings: { readonly [Name in Field]?: string },
  fields: readonly Field[],
  findings: Findings,
): void {
  for (const field of fields) {
    const text = settings[field]
    if (text !== undefined) findings.at(field).check(checkDuration(text))
  }
}

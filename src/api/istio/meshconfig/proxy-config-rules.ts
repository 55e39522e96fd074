/** Rules for a proxy's start configuration. What is absent has its default, so nothing must be there. */
import { parseDuration } from '../../../lib/duration.ts'
import type { Findings } from '../../findings.ts'
import { checkHostPort, checkPort } from '../../values/address.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkClientTls } from '../destinationrule/tls-rules.ts'
import { checkProbe } from '../workloadgroup/validate.ts'
import type { ConnectionSettings } from './connection-settings.ts'
import type { ProxyConfig } from './proxy-config.ts'
import type { ProxyTracing } from './proxy-tracing.ts'

/** @param findings at `defaultConfig` */
export function validateProxyDefaults(config: ProxyConfig, findings: Findings): void {
  // What is absent has its default; what is written and empty takes the default away.
  for (const field of ['configPath', 'binaryPath', 'serviceCluster', 'discoveryAddress'] as const) {
    if (config[field] === '') findings.at(field).error('it is empty: expected a value, or no such field')
  }
  checkAddresses(config, findings)
  for (const field of ['proxyAdminPort', 'statusPort'] as const) {
    if (config[field] !== undefined) findings.at(field).check(checkPort(config[field]))
  }
  if (config.controlPlaneAuthPolicy === 'INHERIT')
    findings.at('controlPlaneAuthPolicy').error('there is nothing to inherit from: expected NONE or MUTUAL_TLS')
  checkDurations(config, findings)
  if (config.tracing) checkTracing(config.tracing, findings.at('tracing'))
  checkKeyProvider(config.privateKeyProvider, findings.at('privateKeyProvider'))
  if (config.connectionSettings) checkConnectionSettings(config.connectionSettings, findings.at('connectionSettings'))
  if (config.readinessProbe) checkProbe(config.readinessProbe, findings.at('readinessProbe'))
  checkDeprecated(config, findings)
}

function checkAddresses(config: ProxyConfig, findings: Findings): void {
  for (const field of ['discoveryAddress', 'statsdUdpAddress', 'envoyMetricsServiceAddress', 'zipkinAddress'] as const) {
    if (config[field]) findings.at(field).check(checkHostPort(config[field]))
  }
  for (const field of ['envoyAccessLogService', 'envoyMetricsService'] as const) {
    const { address, tlsSettings } = config[field] ?? {}
    if (address) findings.at(field, 'address').check(checkHostPort(address))
    checkClientTls(tlsSettings, '', findings.at(field, 'tlsSettings'))
  }
}

function checkDurations(config: ProxyConfig, findings: Findings): void {
  const { drainDuration, terminationDrainDuration, fileFlushInterval } = config
  if (drainDuration !== undefined) {
    const at = findings.at('drainDuration')
    at.check(checkDuration(drainDuration))
    const ms = parseDuration(drainDuration) ?? 1000
    if (ms < 1000 || ms % 1000 !== 0)
      at.error(`"${drainDuration}" is no number of seconds: expected whole seconds, at least "1s"`)
  }
  for (const [field, text] of Object.entries({ terminationDrainDuration, fileFlushInterval })) {
    if (text !== undefined) findings.at(field).check(checkDuration(text))
  }
}

/** Stands for the address of the machine that a pod runs on. */
const hostIp = '$(HOST_IP)'

function checkTracing(tracing: ProxyTracing, findings: Findings): void {
  const { zipkin, lightstep, datadog, customTags = {}, sampling, tlsSettings } = tracing
  for (const [field, tracer] of Object.entries({ zipkin, lightstep, datadog })) {
    if (!tracer) continue
    const { address = '' } = tracer
    const local = field !== 'lightstep' && address.startsWith(hostIp) ? address.replace(hostIp, '127.0.0.1') : address
    findings.at(field, 'address').check(checkHostPort(local))
  }
  if (lightstep && !lightstep.accessToken)
    findings.at('lightstep').error('"accessToken" is missing: expected the access token', { code: 'missing-field' })
  for (const [name, tag] of Object.entries(customTags)) {
    if (name === '') findings.at('customTags', name).error('a tag without a name: expected one')
    if (Object.keys(tag).length === 0)
      findings.at('customTags', name).error('the tag has no value: expected literal, environment or header')
  }
  if (sampling !== undefined && !(sampling >= 0 && sampling <= 100))
    findings.at('sampling').error(`${sampling} is not a percentage: expected 0 to 100`)
  checkClientTls(tlsSettings, '', findings.at('tlsSettings'))
}

function checkKeyProvider(provider: ProxyConfig['privateKeyProvider'], findings: Findings): void {
  if (!provider) return
  const { cryptomb, qat } = provider
  if (!cryptomb && !qat) findings.error('it names no hardware: expected cryptomb or qat')
  for (const [field, settings] of Object.entries({ cryptomb, qat })) {
    if (settings === undefined) continue
    const at = findings.at(field)
    if (settings.pollDelay === undefined) at.error('"pollDelay" is missing: expected a length of time', { code: 'missing-field' })
    else if ((parseDuration(settings.pollDelay) ?? 0) <= 0)
      at.at('pollDelay').error(`"${settings.pollDelay}" is no wait: expected more than 0s`)
  }
}

const durations = ['httpIdleTimeout', 'httpRequestTimeout', 'httpRequestHeadersTimeout', 'httpStreamIdleTimeout'] as const
const leastWindow = 65535
const greatestWindow = 2147483647

function checkConnectionSettings(settings: ConnectionSettings, findings: Findings): void {
  for (const field of durations) {
    const text = settings[field]
    if (text !== undefined && parseDuration(text) === undefined) findings.at(field).check(checkDuration(text))
  }
  for (const field of ['http2InitialStreamWindowSize', 'http2InitialConnectionWindowSize'] as const) {
    const size = settings[field]
    if (size !== undefined && (size < leastWindow || size > greatestWindow))
      findings.at(field).error(`${size} is no window: expected ${leastWindow} to ${greatestWindow}`)
  }
}

const deprecated = {
  zipkinAddress: 'tracing.zipkin.address',
  envoyMetricsServiceAddress: 'envoyMetricsService.address',
} as const

function checkDeprecated(config: ProxyConfig, findings: Findings): void {
  for (const [field, instead] of Object.entries(deprecated)) {
    if (Object.hasOwn(config, field))
      findings.at(field).warning(`it is deprecated: expected ${instead}`, { fix: `write ${instead}` })
  }
  if (config.proxyMetadata?.['ISTIO_META_DNS_AUTO_ALLOCATE'] !== undefined) {
    findings
      .at('proxyMetadata', 'ISTIO_META_DNS_AUTO_ALLOCATE')
      .warning('it is deprecated: the control plane allocates addresses, and ServiceEntries show them in their status')
  }
}

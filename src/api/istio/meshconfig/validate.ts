/** Rules for the mesh configuration: as strict as Istio when it reads it. */
import { parseDuration } from '../../../lib/duration.ts'
import type { Findings } from '../../findings.ts'
import { checkPort } from '../../values/address.ts'
import { checkTrustDomain, checkWildcardDomain } from '../../values/dns.ts'
import { checkDuration, checkDurationOrZero } from '../../values/quantity.ts'
import { checkConnectionPool, checkOutlierDetection } from '../destinationrule/connection-pool-rules.ts'
import { checkLocality, checkZoneAware } from '../destinationrule/locality.ts'
import { checkClientTls } from '../destinationrule/tls-rules.ts'
import { checkRetries } from '../virtualservice/http-policy.ts'
import { checkProviders } from './provider-rules.ts'
import { validateProxyDefaults } from './proxy-config-rules.ts'
import type { MeshConfig, NamespaceSelector } from './schema.ts'
import { checkMeshTls } from './tls-rules.ts'

const longestConnectTimeout = 30_000

export function validateMeshConfig(mesh: MeshConfig, findings: Findings): void {
  checkPorts(mesh, findings)
  checkDurations(mesh, findings)
  checkTrust(mesh, findings)
  checkTraffic(mesh, findings)
  checkMeshTls(mesh, findings)
  checkProviders(mesh.extensionProviders ?? [], findings.at('extensionProviders'))
  if (mesh.defaultConfig) validateProxyDefaults(mesh.defaultConfig, findings.at('defaultConfig'))
  for (const [index, { hosts = [] }] of (mesh.serviceSettings ?? []).entries()) {
    for (const [place, host] of hosts.entries())
      findings.at('serviceSettings', index, 'hosts', place).check(checkWildcardDomain(host))
  }
  for (const [index, selector] of (mesh.discoverySelectors ?? []).entries())
    checkSelector(selector, findings.at('discoverySelectors', index))
  for (const [index, { matchingRules = [] }] of (mesh.serviceEntryVisibility?.policies ?? []).entries()) {
    for (const [place, { namespaceSelector }] of matchingRules.entries()) {
      const at = findings.at('serviceEntryVisibility', 'policies', index, 'matchingRules', place)
      if (namespaceSelector) checkSelector(namespaceSelector, at.at('namespaceSelector'))
      else at.warning('it has no "namespaceSelector": it never matches')
    }
  }
}

function checkPorts(mesh: MeshConfig, findings: Findings): void {
  for (const field of ['proxyListenPort', 'proxyInboundListenPort', 'proxyHttpPort'] as const) {
    if (mesh[field]) findings.at(field).check(checkPort(mesh[field]))
  }
}

function checkDurations(mesh: MeshConfig, findings: Findings): void {
  const { connectTimeout, protocolDetectionTimeout, tcpKeepalive, hboneIdleTimeout, dnsRefreshRate } = mesh
  if (connectTimeout !== undefined) {
    const at = findings.at('connectTimeout')
    at.check(checkDuration(connectTimeout))
    if ((parseDuration(connectTimeout) ?? 0) > longestConnectTimeout)
      at.error(`"${connectTimeout}" is too long: expected at most "30s"`)
  }
  if (protocolDetectionTimeout !== undefined)
    findings.at('protocolDetectionTimeout').check(checkDurationOrZero(protocolDetectionTimeout))
  for (const [field, text] of Object.entries({ hboneIdleTimeout, dnsRefreshRate })) {
    if (text !== undefined) findings.at(field).check(checkDuration(text))
  }
  for (const field of ['time', 'interval'] as const) {
    const text = tcpKeepalive?.[field]
    if (text !== undefined) findings.at('tcpKeepalive', field).check(checkDuration(text))
  }
}

function checkTrust(mesh: MeshConfig, findings: Findings): void {
  if (mesh.trustDomain) findings.at('trustDomain').check(checkTrustDomain(mesh.trustDomain))
  for (const [index, alias] of (mesh.trustDomainAliases ?? []).entries())
    findings.at('trustDomainAliases', index).check(checkTrustDomain(alias))
  for (const [index, { spiffeBundleUrl, pem }] of (mesh.caCertificates ?? []).entries()) {
    const at = findings.at('caCertificates', index)
    if (spiffeBundleUrl !== undefined && URL.parse(spiffeBundleUrl)?.protocol !== 'https:')
      at.at('spiffeBundleUrl').error(`"${spiffeBundleUrl}" is not the address of a bundle: expected one with https`)
    if (pem !== undefined && !pem.includes('-----BEGIN CERTIFICATE-----'))
      at.at('pem').error('it has no certificate: expected one in PEM')
  }
  if (mesh.verifyCertificateAtClient !== undefined)
    findings.at('verifyCertificateAtClient').warning('it has no effect: certificates are always verified')
}

function checkTraffic(mesh: MeshConfig, findings: Findings): void {
  checkRetries(mesh.defaultHttpRetryPolicy, findings.at('defaultHttpRetryPolicy'))
  checkInboundRetries(mesh.defaultInboundHttpRetryPolicy, findings.at('defaultInboundHttpRetryPolicy'))
  const at = findings.at('defaultTrafficPolicy')
  checkConnectionPool(mesh.defaultTrafficPolicy?.connectionPool, at.at('connectionPool'))
  checkOutlierDetection(mesh.defaultTrafficPolicy?.outlierDetection, at.at('outlierDetection'))
  // Whether endpoints are ever seen as failed is each DestinationRule's matter.
  checkLocality(mesh.localityLbSetting, true, findings.at('localityLbSetting'))
  checkZoneAware(mesh.zoneAwareLbSetting, true, findings.at('zoneAwareLbSetting'))
  if (mesh.localityLbSetting && mesh.zoneAwareLbSetting)
    findings.error('localityLbSetting and zoneAwareLbSetting are both there: expected one of them')
  const { mode, tls } = mesh.outboundTrafficPolicy ?? {}
  if (tls && mode !== 'ALLOW_ANY_DYNAMIC_DNS')
    findings.at('outboundTrafficPolicy', 'tls').error('it is for mode ALLOW_ANY_DYNAMIC_DNS: expected that mode beside it')
  checkClientTls(tls, mesh.rootNamespace ?? 'istio-system', findings.at('outboundTrafficPolicy', 'tls'))
}

/** Between a sidecar and its application there is one endpoint, so what chooses another has no effect. */
function checkInboundRetries(retries: MeshConfig['defaultInboundHttpRetryPolicy'], findings: Findings): void {
  checkRetries(retries, findings)
  for (const field of ['perTryTimeout', 'retryRemoteLocalities', 'retryIgnorePreviousHosts'] as const) {
    if (retries?.[field] !== undefined) findings.at(field).warning('it has no effect between a sidecar and its application')
  }
}

function checkSelector({ matchExpressions = [] }: NamespaceSelector, findings: Findings): void {
  for (const [index, { operator, values = [] }] of matchExpressions.entries()) {
    const at = findings.at('matchExpressions', index)
    if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator))
      at.at('operator').error(`"${operator}" is not an operator: expected In, NotIn, Exists or DoesNotExist`)
    else if (operator.endsWith('In') === (values.length === 0))
      at.at('values').error(operator.endsWith('In') ? `${operator} needs values` : `${operator} takes no values: expected none`)
  }
}

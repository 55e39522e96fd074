/** Rules that follow from how a ServiceEntry's addresses are found: which endpoints, addresses and hosts fit the resolution. */
import type { Findings } from '../../findings.ts'
import { checkIpAddress, isIpAddress, unixPrefix } from '../../values/address.ts'
import { checkFqdn, isPartialWildcard } from '../../values/dns.ts'
import { isHttpProtocol, isTlsProtocol } from '../../values/protocol.ts'
import type { WorkloadEntrySpec } from '../workloadentry/schema.ts'
import { checkWorkload } from '../workloadentry/validate.ts'
import type { ServiceEntrySpec } from './schema.ts'

const waypointLabel = 'istio.io/use-waypoint'

/** @param labels of the object @param findings at `spec` */
export function checkResolution(spec: ServiceEntrySpec, labels: Readonly<Record<string, string>>, findings: Findings): void {
  const { resolution = 'NONE', endpoints = [] } = spec
  for (const [index, endpoint] of endpoints.entries()) checkEndpoint(endpoint, spec, findings.at('endpoints', index))
  if (resolution !== 'NONE' && resolution !== 'STATIC') {
    for (const [index, address] of (spec.addresses ?? []).entries()) {
      if (address.includes('/'))
        findings.at('addresses', index).error(`"${address}" is a range: expected one address, or resolution NONE or STATIC`)
    }
  }
  if (resolution === 'NONE' && endpoints.length > 0) {
    findings
      .at('endpoints')
      .error('with resolution NONE the address that the client chose is used: expected no endpoints, or another resolution')
  }
  if (resolution === 'STATIC') checkStatic(endpoints, spec, findings)
  if (resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN') checkDns(endpoints, spec, findings)
  if (resolution === 'DYNAMIC_DNS') checkDynamicDns(spec, labels, findings)
}

function checkEndpoint(endpoint: WorkloadEntrySpec, spec: ServiceEntrySpec, findings: Findings): void {
  checkWorkload(endpoint, findings)
  const names = (spec.ports ?? []).map(port => port.name)
  for (const name of Object.keys(endpoint.ports ?? {})) {
    if (!names.includes(name))
      findings.at('ports', name).error(`"${name}" is no port of this ServiceEntry: expected one of ${names.join(', ')}`)
  }
}

function checkStatic(endpoints: readonly WorkloadEntrySpec[], spec: ServiceEntrySpec, findings: Findings): void {
  for (const [index, { address = '' }] of endpoints.entries()) {
    if (address !== '' && !address.startsWith(unixPrefix))
      findings.at('endpoints', index, 'address').check(checkIpAddress(address))
  }
  const unix = endpoints.some(({ address = '' }) => address.startsWith(unixPrefix))
  if (unix && spec.ports?.length !== 1) findings.at('ports').error('a unix socket stands for one port: expected exactly one')
}

function checkDns(endpoints: readonly WorkloadEntrySpec[], spec: ServiceEntrySpec, findings: Findings): void {
  if (endpoints.length === 0) for (const [index, host] of spec.hosts.entries()) findings.at('hosts', index).check(checkFqdn(host))
  if (spec.resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1) {
    findings.at('endpoints').error(`DNS_ROUND_ROBIN asks for one name: expected at most 1 endpoint, got ${endpoints.length}`)
  }
  for (const [index, { address = '' }] of endpoints.entries()) {
    if (address !== '' && !isIpAddress(address)) findings.at('endpoints', index, 'address').check(checkFqdn(address))
  }
}

function checkDynamicDns(spec: ServiceEntrySpec, labels: Readonly<Record<string, string>>, findings: Findings): void {
  for (const [index, host] of spec.hosts.entries()) {
    if (!host.startsWith('*') || isPartialWildcard(host)) {
      findings.at('hosts', index).error(`"${host}" needs no DYNAMIC_DNS: expected a host that begins with "*."`)
    }
  }
  for (const field of ['addresses', 'endpoints'] as const) {
    if ((spec[field] ?? []).length > 0)
      findings.at(field).error(`with DYNAMIC_DNS every host is asked for by its name: expected no ${field}`)
  }
  if (spec.workloadSelector)
    findings.at('workloadSelector').error('with DYNAMIC_DNS every host is asked for by its name: expected none')
  for (const [index, { protocol = '' }] of (spec.ports ?? []).entries()) {
    if (isHttpProtocol(protocol) || isTlsProtocol(protocol)) continue
    findings.at('ports', index, 'protocol').error(`"${protocol}" says no host name: expected HTTP, HTTP2, GRPC, HTTPS or TLS`)
  }
  if (spec.location === 'MESH_INTERNAL' && labels[waypointLabel] !== undefined && labels[waypointLabel] !== 'none') {
    findings.at('location').error('a waypoint does not serve MESH_INTERNAL with DYNAMIC_DNS: expected MESH_EXTERNAL')
  }
}

/** Rules for hosts with a namespace in front: `namespace/dns name` of Gateway servers and Sidecar egress listeners. */
import type { Findings } from '../findings.ts'
import { isIpAddress } from '../values/address.ts'
import { checkDnsLabel, checkWildcardDomain, isPartialWildcard } from '../values/dns.ts'

/** The namespace may be left out; it may be "*" or ".". An IP address is a host too. @param findings at the entry */
export function checkGatewayHost(entry: string, findings: Findings): void {
  const slash = entry.indexOf('/')
  const namespace = slash < 0 ? '*' : entry.slice(0, slash)
  if (namespace !== '*' && namespace !== '.') findings.check(checkDnsLabel(namespace, 'a namespace'))
  const host = entry.slice(slash + 1)
  if (!isIpAddress(host)) checkHost(host, findings)
}

/** The namespace must be there: "*", ".", "~" (none), a name, or "~" and a name (all but those). @param findings at the entry */
export function checkSidecarHost(entry: string, findings: Findings): void {
  const slash = entry.indexOf('/')
  if (slash < 0) {
    findings.error(`"${entry}" has no namespace: expected "namespace/dns name", for instance "*/${entry}"`)
    return
  }
  const namespace = entry.slice(0, slash)
  if (!['*', '.', '~'].includes(namespace)) findings.check(checkDnsLabel(namespace.replace(/^~/, ''), 'a namespace'))
  checkHost(entry.slice(slash + 1), findings)
}

function checkHost(host: string, findings: Findings): void {
  if (host === '*') return
  const problem = checkWildcardDomain(host)
  if (problem !== undefined) findings.error(problem)
  else if (!host.includes('.'))
    findings.error(`"${host}" is a short name: expected the whole one, as in "${host}.namespace.svc.cluster.local"`)
  else if (isPartialWildcard(host))
    findings.error(`"${host}" has a wildcard for a part of a label: expected "*." at the beginning`)
}

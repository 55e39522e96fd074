/** Rules for the egress listeners of a Sidecar. */
import type { Findings } from '../../findings.ts'
import { checkIpAddress, checkPort, checkUnixAddress, unixPrefix } from '../../values/address.ts'
import { checkDnsLabel } from '../../values/dns.ts'
import { checkProtocol } from '../../values/protocol.ts'
import { checkSidecarHost } from '../scoped-host.ts'
import type { IstioEgressListener } from './schema.ts'

/** @param namespace of the object @param findings at `egress` */
export function checkEgress(listeners: readonly IstioEgressListener[], namespace: string, findings: Findings): void {
  const taken = new Set<string>()
  for (const [index, listener] of listeners.entries()) {
    const at = findings.at(index)
    checkHosts(listener.hosts, namespace, at.at('hosts'))
    if (!listener.port) {
      if (index !== listeners.length - 1)
        at.error('without a port it takes all that is left: expected it to be the last, and the only one')
      if (listener.bind && checkIpAddress(listener.bind) !== undefined)
        at.at('bind').warning(`"${listener.bind}" has no effect on a listener without a port: expected an IP address, or a port`)
      continue
    }
    const { number = 0 } = listener.port
    const place = number === 0 ? (listener.bind ?? '') : String(number)
    if (taken.has(place)) at.at('port').error(`"${place}" is there twice: expected each port and each socket once`)
    taken.add(place)
    checkListener(listener, listener.port, at)
  }
}

function checkListener(listener: IstioEgressListener, port: NonNullable<IstioEgressListener['port']>, findings: Findings): void {
  const { bind = '', captureMode = 'DEFAULT' } = listener
  if (port.name) findings.at('port', 'name').check(checkDnsLabel(port.name, "a port's name"))
  if (port.protocol) findings.at('port', 'protocol').check(checkProtocol(port.protocol))
  if (port.targetPort) findings.at('port', 'targetPort').error('it has no effect on sidecars: expected none')
  if (bind.startsWith(unixPrefix)) {
    findings.at('bind').check(checkUnixAddress(bind))
    if (port.number) findings.at('port', 'number').error(`a unix socket has no port: expected 0, got ${port.number}`)
    if (captureMode === 'IPTABLES')
      findings.at('captureMode').error('nothing is captured for a unix socket: expected DEFAULT or NONE')
    return
  }
  findings.at('port', 'number').check(checkPort(port.number ?? 0))
  if (bind !== '') findings.at('bind').check(checkIpAddress(bind))
}

function checkHosts(hosts: readonly string[], namespace: string, findings: Findings): void {
  if (hosts.length === 0) findings.error('it has no hosts: expected at least one, "*/*" for all')
  const seen = new Map<string, Set<string>>()
  for (const [index, entry] of hosts.entries()) {
    const at = findings.at(index)
    checkSidecarHost(entry, at)
    const slash = entry.indexOf('/')
    const scope = entry.slice(0, slash) === '.' ? namespace : entry.slice(0, slash)
    const host = entry.slice(slash + 1)
    const others = seen.get(scope) ?? new Set()
    if (others.has(host) || others.has('*') || (host === '*' && others.size > 0))
      at.warning(`"${entry}" overlaps with an earlier entry`)
    seen.set(scope, others.add(host))
  }
}

/** Rules for the ingress listeners of a Sidecar. */
import type { Findings } from '../../findings.ts'
import { checkIpAddress, checkPort, checkUnixAddress, unixPrefix } from '../../values/address.ts'
import { checkDnsLabel } from '../../values/dns.ts'
import { checkProtocol, isTlsProtocol } from '../../values/protocol.ts'
import { checkConnectionPool } from '../destinationrule/connection-pool-rules.ts'
import type { ServerTLSSettings } from '../gateway/schema.ts'
import { checkServerTls } from '../gateway/tls-rules.ts'
import type { IstioIngressListener } from './schema.ts'

/** @param findings at `ingress` */
export function checkIngress(listeners: readonly IstioIngressListener[], findings: Findings): void {
  const numbers = new Set<number>()
  for (const [index, listener] of listeners.entries()) {
    const at = findings.at(index)
    const { number = 0, protocol, name, targetPort } = listener.port
    at.at('port', 'number').check(checkPort(number))
    if (numbers.has(number)) at.at('port', 'number').error(`${number} is there twice: expected each port once`)
    numbers.add(number)
    if (name) at.at('port', 'name').check(checkDnsLabel(name, "a port's name"))
    if (protocol) at.at('port', 'protocol').check(checkProtocol(protocol))
    if (targetPort) at.at('port', 'targetPort').error('it has no effect on sidecars: expected none')
    if (listener.bind) at.at('bind').check(checkIpAddress(listener.bind))
    if (listener.defaultEndpoint) at.at('defaultEndpoint').check(checkEndpoint(listener.defaultEndpoint))
    if (listener.tls) {
      if (!isTlsProtocol(protocol ?? '')) {
        const plaintext = protocol ? `a port of protocol ${protocol} is plaintext` : 'a port without protocol may be plaintext'
        at.at('tls').error(`${plaintext}: expected protocol HTTPS or TLS beside tls`)
      }
      checkIngressTls(listener.tls, at.at('tls'))
    }
    checkConnectionPool(listener.connectionPool, at.at('connectionPool'))
  }
}

/** The application: on loopback, on its own address, or behind a unix socket. */
function checkEndpoint(endpoint: string): string | undefined {
  if (endpoint.startsWith(unixPrefix)) return checkUnixAddress(endpoint)
  const port = /^(?:127\.0\.0\.1|0\.0\.0\.0|\[::1\]|\[::\]):(\d{1,5})$/.exec(endpoint)?.[1]
  if (port !== undefined && checkPort(Number(port)) === undefined) return undefined
  return `"${endpoint}" is not an endpoint here: expected 127.0.0.1:port, 0.0.0.0:port, [::1]:port, [::]:port or unix:///path`
}

function checkIngressTls(tls: ServerTLSSettings, findings: Findings): void {
  if (tls.mode !== 'SIMPLE' && tls.mode !== 'MUTUAL') {
    findings.at('mode').error(`a sidecar cannot terminate with ${tls.mode ?? 'PASSTHROUGH'}: expected SIMPLE or MUTUAL`)
  }
  if ((tls.subjectAltNames ?? []).length > 0) findings.at('subjectAltNames').error('sidecars do not check it: expected none')
  if (tls.httpsRedirect) findings.at('httpsRedirect').error('sidecars do not redirect: expected none')
  if (tls.credentialName)
    findings.at('credentialName').error('sidecars read files only: expected serverCertificate and privateKey')
  else checkServerTls(tls, findings)
}

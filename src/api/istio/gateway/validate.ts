/** Rules for Gateway: as strict as Istio's admission. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkIpAddress, checkPort, checkUnixAddress, unixPrefix } from '../../values/address.ts'
import { checkDnsLabel } from '../../values/dns.ts'
import { checkLabels } from '../../values/labels.ts'
import { checkProtocol, isHttpProtocol, isTlsProtocol } from '../../values/protocol.ts'
import { checkGatewayHost } from '../scoped-host.ts'
import type { GatewaySpec, Server, ServerTLSSettings } from './schema.ts'
import { checkServerTls } from './tls-rules.ts'

export function validateGateway(object: ConfigObject<'Gateway', string, GatewaySpec>, findings: Findings): void {
  const { servers = [], selector } = object.spec
  const at = findings.at('spec')
  findings.at('metadata', 'name').check(checkDnsLabel(object.name, "a gateway's name"))
  checkLabels(selector, at.at('selector'))
  if (servers.length === 0) at.error('it has no servers: expected at least one')
  const names = new Set<string>()
  for (const [index, server] of servers.entries()) {
    const atServer = at.at('servers', index)
    checkServer(server, atServer)
    const name = server.port.name ?? ''
    if (name !== '' && names.has(name))
      atServer.at('port', 'name').error(`"${name}" names two ports: expected another name for each`)
    names.add(name)
  }
}

function checkServer(server: Server, findings: Findings): void {
  if (server.hosts.length === 0) findings.at('hosts').error('it has no hosts: expected at least one, "*" for all')
  for (const [index, host] of server.hosts.entries()) checkGatewayHost(host, findings.at('hosts', index))
  checkServerPort(server, findings.at('port'))
  if (server.bind && !server.bind.startsWith(unixPrefix)) findings.at('bind').check(checkIpAddress(server.bind))
  if (server.tls) checkServerTls(server.tls, findings.at('tls'))

  const { protocol = '' } = server.port
  if (isTlsProtocol(protocol) && !server.tls) {
    findings.error(`"tls" is missing: expected it beside a port of protocol ${protocol}`, { code: 'missing-field' })
  }
  if (!server.tls || isTlsProtocol(protocol)) return
  if (!isHttpProtocol(protocol)) findings.at('tls').error(`a port of protocol ${protocol} is plaintext: expected protocol TLS`)
  else if (!onlyRedirects(server.tls))
    findings.at('tls').error(`a port of protocol ${protocol} is plaintext: expected httpsRedirect alone, or protocol HTTPS`)
}

function checkServerPort({ port, bind = '' }: Server, findings: Findings): void {
  const { number = 0, protocol = '', name = '', targetPort } = port
  if (bind.startsWith(unixPrefix)) {
    findings.check(checkUnixAddress(bind))
    if (number !== 0) findings.at('number').error(`a unix socket has no port: expected 0, got ${number}`)
  } else findings.at('number').check(checkPort(number))
  findings.at('protocol').check(checkProtocol(protocol))
  if (name === '') findings.error('"name" is missing: expected a name for the port', { code: 'missing-field' })
  if (targetPort) findings.at('targetPort').error('it has no effect on gateways: expected none')
}

function onlyRedirects(tls: ServerTLSSettings): boolean {
  return Object.entries(tls).every(([field, value]) => field === 'httpsRedirect' || value === 'PASSTHROUGH' || value === false)
}

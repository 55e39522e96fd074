/** Rules for VirtualGateway. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkPort } from '../../values/address.ts'
import { checkFqdn, checkWildcardDomain } from '../../values/dns.ts'
import { checkLabels } from '../../values/labels.ts'
import { checkHttpRoutes } from '../route.ts'
import type { GatewayListener, VirtualGatewaySpec } from './schema.ts'

export function validateVirtualGateway(
  object: ConfigObject<'VirtualGateway', string, VirtualGatewaySpec>,
  findings: Findings,
): void {
  const { spec } = object
  const at = findings.at('spec')
  const egress = spec.direction === 'Egress'
  for (const [index, host] of spec.hosts.entries()) {
    at.at('hosts', index).check(egress ? checkFqdn(host) : host === '*' ? undefined : checkWildcardDomain(host))
  }
  checkLabels(spec.selector, at.at('selector'))
  checkHttpRoutes(spec.routes ?? [], egress, at.at('routes'))
  const ports = new Set<number>()
  for (const [index, listener] of (spec.listeners ?? []).entries()) {
    const one = at.at('listeners', index)
    checkListener(listener, one)
    if (ports.has(listener.port)) one.at('port').error(`there are two listeners for port ${listener.port}: expected one`)
    ports.add(listener.port)
  }
  if (egress) checkEgress(spec, at)
  else checkIngress(spec, at)
}

function checkListener({ port, protocol, tls, redirectToHTTPS }: GatewayListener, findings: Findings): void {
  findings.at('port').check(checkPort(port))
  const endsTls = protocol === 'HTTPS' || (protocol === undefined && tls !== undefined)
  if (endsTls && !tls?.certificate)
    findings.error('TLS ends here, and there is no certificate: expected tls.certificate, the name of a Secret', {
      code: 'missing-field',
    })
  if (tls && !endsTls)
    findings.at('tls').error(`TLS does not end at a listener for ${protocol}: expected protocol HTTPS, or no tls`)
  if (redirectToHTTPS && (endsTls || protocol === 'TLS' || protocol === 'TCP'))
    findings.at('redirectToHTTPS').error('only plain HTTP is redirected: expected protocol HTTP')
}

function checkIngress({ routes, to, listeners, egress }: VirtualGatewaySpec, findings: Findings): void {
  if (egress) findings.at('egress').error('it is for the way out: expected "direction: Egress" beside it')
  if (routes && to) findings.error('routes and to are both there: expected one of them')
  const redirects = (listeners ?? []).length > 0 && (listeners ?? []).every(listener => listener.redirectToHTTPS)
  if (!routes && !to && !redirects)
    findings.error('requests have nowhere to go: expected to, or routes', { code: 'missing-field' })
  for (const [index, { protocol }] of (listeners ?? []).entries()) {
    if ((protocol === 'TLS' || protocol === 'TCP') && !to)
      findings.at('listeners', index).error(`routes are for HTTP, and this is ${protocol}: expected to`)
  }
  if (to) findings.at('to', 'host').check(checkFqdn(to.host))
  if (to?.port !== undefined) findings.at('to', 'port').check(checkPort(to.port))
}

function checkEgress({ to, listeners, egress, routes }: VirtualGatewaySpec, findings: Findings): void {
  if (to) findings.at('to').error('the way out leads to the hosts themselves: expected no to')
  if (egress?.through !== undefined) findings.at('egress', 'through').check(checkFqdn(egress.through))
  if ((listeners ?? []).length > 1) findings.at('listeners').error('the way out has one listener: expected one object for each')
  const [listener] = listeners ?? []
  if (listener?.tls)
    findings.at('listeners', 0, 'tls').error('sidecars do not use TLS of your own: expected protocol HTTP or TLS')
  if (listener?.protocol === 'HTTPS' || listener?.protocol === 'TCP')
    findings.at('listeners', 0, 'protocol').error(`${listener.protocol} does not lead out: expected HTTP or TLS`)
  if (listener?.protocol !== 'TLS') return
  if (routes) findings.at('routes').error('TLS is passed through unread: expected no routes')
  if (egress?.originateTLS) findings.at('egress', 'originateTLS').error('it is TLS already: expected protocol HTTP')
}

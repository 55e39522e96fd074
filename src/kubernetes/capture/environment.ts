/** CaptureConfig from texts in the names of Istio's settings (INBOUND_PORTS_INCLUDE, ...), as its environment and its tests have them. */
import { CAPTURE_DEFAULTS, type CaptureConfig, items, itemsOrAll } from './config.ts'
import { checkRange } from './ranges.ts'

export type CaptureSettings = Readonly<Record<string, string | undefined>>

/** @throws naming the setting and what was expected */
export function captureConfig(settings: CaptureSettings): CaptureConfig {
  const text = (name: string) => settings[name] ?? ''
  const flag = (name: string) => /^(1|t|true)$/i.test(text(name))
  const number = (name: string, otherwise: number) => portOf(name, settings[name] || String(otherwise))
  const list = (name: string, otherwise: readonly string[]) => (settings[name] ? items(text(name)) : otherwise)
  const mode = settings['INBOUND_INTERCEPTION_MODE'] || 'REDIRECT'
  if (mode !== 'REDIRECT' && mode !== 'TPROXY' && mode !== 'NONE')
    throw new Error(`Cannot capture: the interception mode is "${mode}", expected REDIRECT or TPROXY`)
  const outbound = ranges(itemsOrAll(text('OUTBOUND_IPRANGES_INCLUDE')))
  const excluded = ranges(items(text('OUTBOUND_IPRANGES_EXCLUDE')))
  return {
    proxyPort: number('PROXY_PORT', CAPTURE_DEFAULTS.proxyPort),
    inboundPort: number('INBOUND_CAPTURE_PORT', CAPTURE_DEFAULTS.inboundPort),
    tunnelPort: number('INBOUND_TUNNEL_PORT', CAPTURE_DEFAULTS.tunnelPort),
    proxyUsers: list('PROXY_UID', CAPTURE_DEFAULTS.proxyUsers),
    proxyGroups: list('PROXY_GID', CAPTURE_DEFAULTS.proxyGroups),
    mode: mode === 'TPROXY' ? 'TPROXY' : 'REDIRECT',
    tproxyMark: number('INBOUND_TPROXY_MARK', CAPTURE_DEFAULTS.tproxyMark),
    tproxyTable: number('INBOUND_TPROXY_ROUTE_TABLE', CAPTURE_DEFAULTS.tproxyTable),
    inboundPorts: ports('INBOUND_PORTS_INCLUDE', itemsOrAll(text('INBOUND_PORTS_INCLUDE'))),
    excludedInboundPorts: ports('INBOUND_PORTS_EXCLUDE', items(text('INBOUND_PORTS_EXCLUDE'))),
    outboundPorts: ports('OUTBOUND_PORTS_INCLUDE', items(text('OUTBOUND_PORTS_INCLUDE'))),
    excludedOutboundPorts: ports('OUTBOUND_PORTS_EXCLUDE', items(text('OUTBOUND_PORTS_EXCLUDE'))),
    outboundRanges: outbound,
    excludedOutboundRanges: excluded,
    ownerGroups: settings['OUTBOUND_OWNER_GROUPS_INCLUDE'] ? itemsOrAll(text('OUTBOUND_OWNER_GROUPS_INCLUDE')) : '*',
    excludedOwnerGroups: items(text('OUTBOUND_OWNER_GROUPS_EXCLUDE')),
    virtualInterfaces: items(text('KUBE_VIRT_INTERFACES')),
    excludedInterfaces: items(text('EXCLUDE_INTERFACES')),
    dns: flag('REDIRECT_DNS'),
    allDns: flag('CAPTURE_ALL_DNS'),
    dnsServers: { v4: items(text('DNS_SERVERS_V4')), v6: items(text('DNS_SERVERS_V6')) },
    ipv6: flag('ENABLE_INBOUND_IPV6'),
    dropInvalid: flag('DROP_INVALID') || flag('INVALID_DROP'),
    loopbackRange: settings['HOST_IPV4_LOOPBACK_CIDR'] || CAPTURE_DEFAULTS.loopbackRange,
    trace: flag('IPTABLES_TRACE_LOGGING') || flag('TRACE_LOGGING'),
  }
}

function ranges<Given extends '*' | readonly string[]>(given: Given): Given {
  if (Array.isArray(given)) for (const range of given) checkRange(range)
  return given
}

function ports<Given extends '*' | readonly string[]>(name: string, given: Given): Given {
  if (Array.isArray(given)) for (const port of given) portOf(name, port)
  return given
}

const MOST = 65_535

function portOf(name: string, text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > MOST)
    throw new Error(`Cannot capture: ${name} has "${text}", expected a number of 0 to ${MOST}`)
  return port
}

/**
 * The rules that lead a pod's traffic to its proxy, as Istio's: connections out to 15001, connections in to 15006, the proxy's own left alone.
 *
 * 127.0.0.6 (::6) is the source of what comes from the proxy's inbound side: it has been captured already. An application that calls its own Service
 * comes back by the loopback interface and goes through inbound; one that calls its own address does not.
 */
import type { CaptureConfig } from './config.ts'
import { dnsConntrackRules, dnsRules } from './dns-rules.ts'
import { hasLoopback, ofFamily } from './ranges.ts'
import { type Family, type Rule, type Table, withoutEmptyChains } from './rule.ts'
import { tproxyInbound, tproxyMarks } from './tproxy-rules.ts'
import { traced } from './trace.ts'

export const INBOUND = 'ISTIO_INBOUND'
export const OUTPUT = 'ISTIO_OUTPUT'
export const REDIRECT = 'ISTIO_REDIRECT'
export const IN_REDIRECT = 'ISTIO_IN_REDIRECT'
export const OUTPUT_DNS = 'ISTIO_OUTPUT_DNS'
const DROP = 'ISTIO_DROP'

/** What differs between the families. */
export interface FamilyAddresses {
  /** Source of connections that the proxy makes to its application. */
  readonly inboundSource: string
  readonly loopback: string
}

export function addressesOf(config: CaptureConfig, family: Family): FamilyAddresses {
  return family === 'v4'
    ? { inboundSource: '127.0.0.6/32', loopback: config.loopbackRange }
    : { inboundSource: '::6/128', loopback: '::1/128' }
}

export const nat = (chain: string, ...words: readonly string[]): Rule => ({ table: 'nat', chain, words })
const inserted = (place: number, { table, chain, words }: Rule): Rule => ({ table, chain, words, insertAt: place })

export function captureRules(config: CaptureConfig, family: Family): readonly Rule[] {
  const rules = [
    ...excludedInterfaces(config),
    ...config.virtualInterfaces.map(name => inserted(1, nat('PREROUTING', '-i', name, '-j', 'RETURN'))),
    ...(config.dropInvalid ? dropInvalid() : []),
    nat(INBOUND, '-p', 'tcp', '--dport', String(config.tunnelPort), '-j', 'RETURN'),
    nat(REDIRECT, '-p', 'tcp', '-j', 'REDIRECT', '--to-ports', String(config.proxyPort)),
    nat(IN_REDIRECT, '-p', 'tcp', '-j', 'REDIRECT', '--to-ports', String(config.inboundPort)),
    ...inbound(config, family),
    ...outbound(config, family),
    ...(config.mode === 'TPROXY' ? tproxyMarks(config, addressesOf(config, family)) : []),
    ...(config.dns ? dnsConntrackRules(config, family) : []),
  ]
  return traced(withoutEmptyChains(rules), config)
}

function excludedInterfaces({ excludedInterfaces: names, mode }: CaptureConfig): readonly Rule[] {
  const tables: readonly Table[] = mode === 'TPROXY' ? ['nat', 'mangle'] : ['nat']
  return tables.flatMap(table =>
    names.flatMap(name => [
      { table, chain: 'PREROUTING', words: ['-i', name, '-j', 'RETURN'] },
      { table, chain: 'OUTPUT', words: ['-o', name, '-j', 'RETURN'] },
    ]),
  )
}

/** A packet out of a connection's window would be answered by the kernel with a reset, as nobody redirected it. */
function dropInvalid(): readonly Rule[] {
  return [
    { table: 'mangle', chain: 'PREROUTING', words: ['-m', 'conntrack', '--ctstate', 'INVALID', '-j', DROP] },
    { table: 'mangle', chain: DROP, words: ['-j', 'DROP'] },
  ]
}

function inbound(config: CaptureConfig, family: Family): readonly Rule[] {
  const { inboundPorts, excludedInboundPorts, mode } = config
  if (inboundPorts !== '*' && inboundPorts.length === 0) return []
  if (mode === 'TPROXY') return tproxyInbound(config, addressesOf(config, family))
  const jump = nat('PREROUTING', '-p', 'tcp', '-j', INBOUND)
  if (inboundPorts !== '*')
    return [jump, ...inboundPorts.map(port => nat(INBOUND, '-p', 'tcp', '--dport', port, '-j', IN_REDIRECT))]
  return [
    jump,
    ...excludedInboundPorts.map(port => nat(INBOUND, '-p', 'tcp', '--dport', port, '-j', 'RETURN')),
    nat(INBOUND, '-p', 'tcp', '-j', IN_REDIRECT),
  ]
}

function outbound(config: CaptureConfig, family: Family): readonly Rule[] {
  const { excludedOutboundPorts, outboundPorts, excludedOutboundRanges } = config
  const { inboundSource, loopback } = addressesOf(config, family)
  const output = (...words: readonly string[]) => nat(OUTPUT, ...words)
  return [
    nat('OUTPUT', '-j', OUTPUT),
    ...excludedOutboundPorts.flatMap(port =>
      ['tcp', 'udp'].map(protocol => output('-p', protocol, '--dport', port, '-j', 'RETURN')),
    ),
    output('-o', 'lo', '-s', inboundSource, '-j', 'RETURN'),
    ...ofProxy(config, loopback),
    ...ofOwnerGroups(config),
    ...(config.dns ? dnsRules(config, family) : []),
    output('-d', loopback, '-j', 'RETURN'),
    ...ofFamily(excludedOutboundRanges, family).map(range => output('-d', range, '-j', 'RETURN')),
    ...outboundPorts.map(port => output('-p', 'tcp', '--dport', port, '-j', REDIRECT)),
    ...outboundRanges(config, family),
  ]
}

/** What the proxy sends, by its users and groups. */
function ofProxy(config: CaptureConfig, loopback: string): readonly Rule[] {
  const { dns, tunnelPort, outboundRanges: ranges, proxyUsers, proxyGroups } = config
  const owners = [
    ...proxyUsers.map(user => ({ option: '--uid-owner', owner: user })),
    ...proxyGroups.map(group => ({ option: '--gid-owner', owner: group })),
  ]
  const capturesLoopback = hasLoopback(ranges)
  return owners.flatMap(({ option, owner }) => {
    // With DNS capture: application -> proxy's DNS -> a DNS server in the pod, and not by inbound.
    const ports =
      dns && option === '--uid-owner'
        ? ['-m', 'multiport', '!', '--dports', `53,${tunnelPort}`]
        : ['!', '--dport', String(tunnelPort)]
    return [
      nat(OUTPUT, '-o', 'lo', '!', '-d', loopback, '-p', 'tcp', ...ports, '-m', 'owner', option, owner, '-j', IN_REDIRECT),
      ...(capturesLoopback
        ? []
        : [
            nat(
              OUTPUT,
              '-o',
              'lo',
              ...(dns ? ['-p', 'tcp', '!', '--dport', '53'] : []),
              '-m',
              'owner',
              '!',
              option,
              owner,
              '-j',
              'RETURN',
            ),
          ]),
      nat(OUTPUT, '-m', 'owner', option, owner, '-j', 'RETURN'),
    ]
  })
}

function ofOwnerGroups({ ownerGroups, excludedOwnerGroups }: CaptureConfig): readonly Rule[] {
  if (ownerGroups === '*')
    return excludedOwnerGroups.map(group => nat(OUTPUT, '-m', 'owner', '--gid-owner', group, '-j', 'RETURN'))
  if (ownerGroups.length === 0) return []
  return [nat(OUTPUT, ...ownerGroups.flatMap(group => ['-m', 'owner', '!', '--gid-owner', group]), '-j', 'RETURN')]
}

function outboundRanges({ outboundRanges: ranges, virtualInterfaces }: CaptureConfig, family: Family): readonly Rule[] {
  if (ranges === '*')
    return [
      nat(OUTPUT, '-j', REDIRECT),
      ...virtualInterfaces.map(name => inserted(1, nat('PREROUTING', '-i', name, '-j', REDIRECT))),
    ]
  return ofFamily(ranges, family).flatMap(range => [
    ...virtualInterfaces.map(name => inserted(1, nat('PREROUTING', '-i', name, '-d', range, '-j', REDIRECT))),
    nat(OUTPUT, '-d', range, '-j', REDIRECT),
  ])
}

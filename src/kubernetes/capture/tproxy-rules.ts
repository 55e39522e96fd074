/**
 * TPROXY: inbound connections reach the proxy with their addresses as they were. Packets are marked, and a routing table leads what is marked to this
 * machine itself.
 */
import type { CaptureConfig } from './config.ts'
import type { Rule } from './rule.ts'

const INBOUND = 'ISTIO_INBOUND'
const DIVERT = 'ISTIO_DIVERT'
const TPROXY = 'ISTIO_TPROXY'

interface Addresses {
  readonly inboundSource: string
  readonly loopback: string
}

const mangle = (chain: string, ...words: readonly string[]): Rule => ({ table: 'mangle', chain, words })
const ESTABLISHED = ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED']

export function tproxyInbound(config: CaptureConfig, { loopback }: Addresses): readonly Rule[] {
  const { tproxyMark, inboundPort, inboundPorts, excludedInboundPorts } = config
  const mark = `${tproxyMark}/0xffffffff`
  const both = (...match: readonly string[]) => [
    mangle(INBOUND, '-p', 'tcp', ...match, ...ESTABLISHED, '-j', DIVERT),
    mangle(INBOUND, '-p', 'tcp', ...match, '-j', TPROXY),
  ]
  return [
    mangle(DIVERT, '-j', 'MARK', '--set-mark', String(tproxyMark)),
    mangle(DIVERT, '-j', 'ACCEPT'),
    mangle(TPROXY, '!', '-d', loopback, '-p', 'tcp', '-j', 'TPROXY', '--tproxy-mark', mark, '--on-port', String(inboundPort)),
    mangle('PREROUTING', '-p', 'tcp', '-j', INBOUND),
    ...(inboundPorts === '*'
      ? [...excludedInboundPorts.map(port => mangle(INBOUND, '-p', 'tcp', '--dport', port, '-j', 'RETURN')), ...both()]
      : inboundPorts.flatMap(port => both('--dport', port))),
  ]
}

/** So that answers find their way back, and nothing goes round in circles. */
export function tproxyMarks(config: CaptureConfig, { inboundSource, loopback }: Addresses): readonly Rule[] {
  const mark = String(config.tproxyMark)
  // From the proxy's outbound side to its own inbound side.
  const ownMark = String(config.tproxyMark + 1)
  const owners = [
    ...config.proxyUsers.map(user => ['--uid-owner', user]),
    ...config.proxyGroups.map(group => ['--gid-owner', group]),
  ]
  const first = (place: number, ...words: readonly string[]): Rule => ({ ...mangle(INBOUND, ...words), insertAt: place })
  return [
    mangle('PREROUTING', '-p', 'tcp', '-m', 'mark', '--mark', mark, '-j', 'CONNMARK', '--save-mark'),
    mangle('OUTPUT', '-p', 'tcp', '-o', 'lo', '-m', 'mark', '--mark', mark, '-j', 'RETURN'),
    ...owners.map(owner =>
      mangle(
        'OUTPUT',
        '!',
        '-d',
        loopback,
        '-p',
        'tcp',
        '-o',
        'lo',
        '-m',
        'owner',
        ...owner,
        '-j',
        'MARK',
        '--set-mark',
        ownMark,
      ),
    ),
    mangle('OUTPUT', '-p', 'tcp', '-m', 'connmark', '--mark', mark, '-j', 'CONNMARK', '--restore-mark'),
    first(1, '-p', 'tcp', '-m', 'mark', '--mark', mark, '-j', 'RETURN'),
    first(2, '-p', 'tcp', '-s', inboundSource, '-i', 'lo', '-j', 'RETURN'),
    first(3, '-p', 'tcp', '-i', 'lo', '-m', 'mark', '!', '--mark', ownMark, '-j', 'RETURN'),
  ]
}

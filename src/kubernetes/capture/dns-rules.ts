/**
 * DNS capture: what the application asks on port 53 goes to the proxy's DNS. The proxy's own questions and those of the application are told apart
 * in conntrack's zones, as both may use the same ports.
 */
import type { CaptureConfig } from './config.ts'
import type { Family, Rule } from './rule.ts'

const OUTPUT = 'ISTIO_OUTPUT'
const OUTPUT_DNS = 'ISTIO_OUTPUT_DNS'
const INBOUND = 'ISTIO_INBOUND'
/** Where the proxy answers DNS. */
export const DNS_PORT = '15053'
const PROXY_ZONE = '1'
const APPLICATION_ZONE = '2'

/** To which servers; [] are words that match all. */
function servers({ allDns, dnsServers }: CaptureConfig, family: Family): readonly (readonly string[])[] {
  if (allDns) return [[]]
  return dnsServers[family].map(server => [`${server}/${family === 'v4' ? 32 : 128}`])
}

export function dnsRules(config: CaptureConfig, family: Family): readonly Rule[] {
  const all = servers(config, family)
  const redirect = (protocol: string, option: string): readonly Rule[] =>
    all.map(server => ({
      table: 'nat',
      chain: OUTPUT_DNS,
      words: ['-p', protocol, '--dport', '53', ...server.flatMap(range => ['-d', range]), '-j', 'REDIRECT', option, DNS_PORT],
    }))
  return [
    { table: 'nat', chain: OUTPUT, words: ['-j', OUTPUT_DNS] },
    ...redirect('tcp', '--to-ports'),
    ...redirect('udp', '--to-port'),
  ]
}

export function dnsConntrackRules(config: CaptureConfig, family: Family): readonly Rule[] {
  const raw = (chain: string, ...words: readonly string[]): Rule => ({ table: 'raw', chain, words })
  const zone = (chain: string, number: string, ...match: readonly string[]) =>
    raw(chain, '-p', 'udp', ...match, '-j', 'CT', '--zone', number)
  const owners = [
    ...config.proxyUsers.map(user => ['-m', 'owner', '--uid-owner', user]),
    ...config.proxyGroups.map(group => ['-m', 'owner', '--gid-owner', group]),
  ]
  return [
    raw('OUTPUT', '-j', OUTPUT_DNS),
    ...owners.flatMap(owner => [
      zone(OUTPUT_DNS, PROXY_ZONE, '--dport', '53', ...owner),
      zone(OUTPUT_DNS, APPLICATION_ZONE, '--sport', DNS_PORT, ...owner),
    ]),
    raw('PREROUTING', '-j', INBOUND),
    ...servers(config, family).flatMap(server => [
      zone(OUTPUT_DNS, APPLICATION_ZONE, '--dport', '53', ...server.flatMap(range => ['-d', range])),
      zone(INBOUND, PROXY_ZONE, '--sport', '53', ...server.flatMap(range => ['-s', range])),
    ]),
  ]
}

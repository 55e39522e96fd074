/** What is captured and where it is led to: the settings of Istio's istio-iptables, in their names' order. */

export interface CaptureConfig {
  /** Where the proxy takes outbound connections. */
  readonly proxyPort: number
  /** Where it takes inbound ones. */
  readonly inboundPort: number
  /** Of tunnels between proxies: never captured. */
  readonly tunnelPort: number
  /** Users and groups whose traffic is left alone: the proxy's. */
  readonly proxyUsers: readonly string[]
  readonly proxyGroups: readonly string[]
  readonly mode: 'REDIRECT' | 'TPROXY'
  readonly tproxyMark: number
  readonly tproxyTable: number
  /** Inbound ports; '*' is all but the excluded, [] none. */
  readonly inboundPorts: '*' | readonly string[]
  readonly excludedInboundPorts: readonly string[]
  /** Outbound ports that are captured whatever their address. */
  readonly outboundPorts: readonly string[]
  readonly excludedOutboundPorts: readonly string[]
  /** Ranges of addresses, v4 and v6. */
  readonly outboundRanges: '*' | readonly string[]
  readonly excludedOutboundRanges: readonly string[]
  /** Groups whose outbound traffic is captured. */
  readonly ownerGroups: '*' | readonly string[]
  /** With '*' for the others. */
  readonly excludedOwnerGroups: readonly string[]
  /** Interfaces of virtual machines: what comes from them is outbound traffic. */
  readonly virtualInterfaces: readonly string[]
  readonly excludedInterfaces: readonly string[]
  /** DNS goes to the proxy on 15053. */
  readonly dns: boolean
  /** All of it, instead of that to the servers of resolv.conf. */
  readonly allDns: boolean
  readonly dnsServers: { readonly v4: readonly string[]; readonly v6: readonly string[] }
  readonly ipv6: boolean
  /** Packets that fit to no connection are dropped, where they would otherwise end one. */
  readonly dropInvalid: boolean
  /** Addresses that count as this machine itself. */
  readonly loopbackRange: string
  /** Packets are logged by NFLOG as they pass. */
  readonly trace: boolean
}

export const CAPTURE_DEFAULTS: CaptureConfig = {
  proxyPort: 15_001,
  inboundPort: 15_006,
  tunnelPort: 15_008,
  proxyUsers: ['1337'],
  proxyGroups: ['1337'],
  mode: 'REDIRECT',
  tproxyMark: 1337,
  tproxyTable: 133,
  inboundPorts: [],
  excludedInboundPorts: [],
  outboundPorts: [],
  excludedOutboundPorts: [],
  outboundRanges: [],
  excludedOutboundRanges: [],
  ownerGroups: '*',
  excludedOwnerGroups: [],
  virtualInterfaces: [],
  excludedInterfaces: [],
  dns: false,
  allDns: false,
  dnsServers: { v4: [], v6: [] },
  ipv6: false,
  dropInvalid: false,
  loopbackRange: '127.0.0.1/32',
  trace: false,
}

/** "80, 8080," */
export function items(text: string): readonly string[] {
  return text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
}

/** "*" or a list. */
export function itemsOrAll(text: string): '*' | readonly string[] {
  return text.trim() === '*' ? '*' : items(text)
}

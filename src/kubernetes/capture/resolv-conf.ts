/** The DNS servers that this pod asks. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

export interface DnsServers {
  readonly v4: readonly string[]
  readonly v6: readonly string[]
}

/** @returns none when there is no such file */
export function dnsServers(file = '/etc/resolv.conf'): DnsServers {
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // Nobody to ask.
  }
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address.replace(/%.*/, ''))
  return { v4: servers.filter(server => isIP(server) === 4), v6: servers.filter(server => isIP(server) === 6) }
}

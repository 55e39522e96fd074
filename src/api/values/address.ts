/** Checks of addresses and ports. A check returns what is wrong, or undefined. */
import { isIP } from 'node:net'
import { checkFqdn } from './dns.ts'

export const unixPrefix = 'unix://'

export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

export function checkIpAddress(text: string): string | undefined {
  return isIpAddress(text)
    ? undefined
    : `${JSON.stringify(text)} is not an IP address: expected one such as "10.0.0.1" or "2001:db8::1"`
}

/** An IP address, or a range in CIDR notation. */
export function checkSubnet(text: string): string | undefined {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const bits = slash < 0 ? '0' : text.slice(slash + 1)
  if (isIpAddress(address) && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 4 ? 32 : 128)) return undefined
  return `${JSON.stringify(text)} is not an IP address or range: expected one such as "10.0.0.1" or "10.0.0.0/8"`
}

/** A path behind "unix://": absolute, or abstract with "@", and no directory. @param text with the prefix */
export function checkUnixAddress(text: string): string | undefined {
  const path = text.slice(unixPrefix.length)
  if ((path.startsWith('/') || path.startsWith('@')) && path.length > 1 && !path.endsWith('/')) return undefined
  return `${JSON.stringify(text)} is not a unix socket: expected "unix:///absolute/path" or "unix://@abstract"`
}

/** "host:port", where the host is a name or an IP address ("[::1]:80"). */
export function checkHostPort(text: string): string | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain ?? ''
  if (port === undefined || (!isIpAddress(host) && checkFqdn(host) !== undefined))
    return `${JSON.stringify(text)} is not an address: expected "host:port"`
  return checkPort(Number(port))
}

export function checkPort(number: number): string | undefined {
  return number >= 1 && number <= 65535 ? undefined : `${number} is not a port: expected 1 to 65535`
}

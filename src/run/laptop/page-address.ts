/** Where the dashboard listens, and what lets people of other machines edit there. */
import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { isLoopback } from '../dashboard/guard.ts'

export interface PageAddress {
  /** IP address. */
  readonly host: string
  /** Names by which others know this machine. */
  readonly names: readonly string[]
  /** undefined: only this machine gets there, and needs none. */
  readonly token: string | undefined
}

const TOKEN_BYTES = 18

/** @param hosts addresses and names, as somebody gave them; the first address is listened on, names alone mean all addresses @param given token; undefined: one is made where one is needed */
export function pageAddress(hosts: readonly string[], given: string | undefined): PageAddress {
  const names = hosts.filter(host => isIP(host) === 0 && host !== 'localhost').map(name => name.toLowerCase())
  const host = hosts.find(each => isIP(each) !== 0) ?? (names.length > 0 ? '0.0.0.0' : '127.0.0.1')
  if (isLoopback(host)) return { host, names, token: undefined }
  return { host, names: [...names, hostname().toLowerCase()], token: given || randomBytes(TOKEN_BYTES).toString('base64url') }
}

/** What whoever may edit opens; "": nobody needs to log in. */
export function loginUrl(page: string, { host, names: [name], token }: PageAddress): string {
  if (token === undefined) return ''
  const url = new URL(page)
  if (host === '0.0.0.0' || host === '::') url.hostname = name ?? hostname()
  return `${url.origin}/#token=${token}`
}

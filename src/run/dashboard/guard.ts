/**
 * Who may ask the dashboard for what. A browser carries out other sites' wishes too, so:
 * - the Host header must name this machine, or a name cannot be turned to it behind the browser's back (DNS rebinding);
 * - what changes something is asked by POST with JSON, from a page of this very origin (cross-site request forgery);
 * - and beyond localhost only with the token;
 * - where strangers are in the network (a cluster's pods), they see neither traffic nor configuration: who forwards the port comes from localhost.
 */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

export interface GuardOptions {
  /** Names by which others know this machine, besides addresses and localhost. */
  readonly names: readonly string[]
  /** Whether changes need `token`: it listens beyond this machine. */
  readonly exposed: boolean
  /** undefined, while exposed: nobody may change anything. */
  readonly token: string | undefined
  /** Only this machine and who has the token may look at what is told of the mesh. @default everybody may */
  readonly secret?: boolean
}

export interface Refusal {
  readonly status: 403 | 405 | 415 | 421
  readonly reason: string
}

interface Asked {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** Whether what is asked changes something. */
  readonly changes: boolean
  /** Whether what is asked tells of the mesh's traffic or configuration. */
  readonly tells: boolean
  /** Address of who asks. */
  readonly from: string
}

/** @returns undefined: it may */
export function refusal({ method, headers, changes, tells, from }: Asked, options: GuardOptions): Refusal | undefined {
  const { host = '' } = headers
  if (!isOwnName(host, options.names))
    return {
      status: 421,
      reason: `Cannot answer for "${host}": expected an address of this machine, or a name given with --dashboard-host`,
    }
  if (tells && options.secret && !isLoopback(from) && !hasToken(headers.authorization, options.token))
    return { status: 403, reason: 'Cannot tell strangers of the mesh: open this page with "mizzen dashboard"' }
  if (method === 'GET' || method === 'HEAD') return undefined
  if (method !== 'POST') return { status: 405, reason: `Cannot ${method} here: expected GET or POST` }
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    return { status: 415, reason: 'Cannot read the request: expected content-type application/json' }
  if (!isSameOrigin(headers, host)) return { status: 403, reason: 'Cannot act for a page of another site' }
  if (changes && !mayChange(headers.authorization, options))
    return {
      status: 403,
      reason:
        options.token === undefined
          ? 'Cannot change anything here: this page is read-only'
          : 'Cannot change anything without the token: this page is read-only',
    }
  return undefined
}

/** What a browser asks for by a name that leads elsewhere today has another name in it. */
function isOwnName(host: string, names: readonly string[]): boolean {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:]+))(?::\d{1,5})?$/i.exec(host) ?? []
  const name = (bracketed ?? plain ?? '').toLowerCase()
  return name === 'localhost' || isIP(name) !== 0 || names.includes(name)
}

function isSameOrigin(headers: IncomingHttpHeaders, host: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const { origin } = headers
  return origin === undefined || URL.parse(origin)?.host === host.toLowerCase()
}

export function mayChange(authorization: string | undefined, { exposed, token }: GuardOptions): boolean {
  return !exposed || hasToken(authorization, token)
}

function hasToken(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined || authorization === undefined) return false
  const given = Buffer.from(authorization.replace(/^Bearer\s+/i, ''))
  const wanted = Buffer.from(token)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** Whether an address to listen on is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127\./.test(host)
}

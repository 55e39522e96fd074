/**
 * Where a session's host is written down: in a cookie or in a header, in the form of Envoy's, so that sessions live on when the other proxy takes
 * the request (envoy.extensions.http.stateful_session).
 */
import {
  type StatefulSession,
  StatefulSessionPerRoute,
} from '../../../xds/gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session.ts'
import { CookieBasedSessionState } from '../../../xds/gen/envoy/extensions/http/stateful_session/cookie/v3/cookie.ts'
import { HeaderBasedSessionState } from '../../../xds/gen/envoy/extensions/http/stateful_session/header/v3/header.ts'
import { durationMs } from '../../../xds/wire/duration.ts'
import { messageName } from '../../../xds/wire/type-url.ts'
import type { RequestHead, ResponseHead } from '../../http/stream.ts'
import type { FilterOverride } from '../../route/decision.ts'
import { pathOnly } from '../../route/request-field.ts'
import { decodeCookie, encodeCookie } from './session-cookie.ts'

export const SESSION_PER_ROUTE = 'envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute'

export interface Session {
  /** A host that is not there is answered with 503, and not replaced by another one. */
  readonly strict: boolean
  /** Whether requests like this have a session. */
  readonly concerns: (head: RequestHead) => boolean
  /** The host's address as the client brings it; undefined: it has none. */
  readonly read: (head: RequestHead, now: number) => string | undefined
  readonly write: (head: ResponseHead, address: string, now: number) => void
}

const COOKIE = 'envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState'
const HEADER = 'envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState'

/** @returns undefined: there is no session state, the filter has nothing to do @throws on what cannot be honoured */
export function compileSession({ sessionState, strict }: StatefulSession): Session | undefined {
  const typed = sessionState?.typedConfig
  if (typed === undefined) return undefined
  switch (messageName(typed.typeUrl)) {
    case COOKIE:
      return { strict, ...cookieSession(CookieBasedSessionState.decode(typed.value)) }
    case HEADER:
      return { strict, ...headerSession(HeaderBasedSessionState.decode(typed.value)) }
    default:
      throw new Error(`stateful session state "${typed.typeUrl}" is not supported, expected a cookie or a header`)
  }
}

function cookieSession({ cookie }: CookieBasedSessionState): Omit<Session, 'strict'> {
  const { name = '', path = '' } = cookie ?? {}
  if (name === '') throw new Error('the cookie of a stateful session has no name')
  const ttlSeconds = Math.trunc((durationMs(cookie?.ttl) ?? 0) / 1000)
  const attributes = `${ttlSeconds > 0 ? `; Max-Age=${ttlSeconds}` : ''}${path && `; Path=${path}`}; HttpOnly`
  return {
    concerns: head => isBelow(pathOnly(head.path), path),
    read: (head, now) => {
      const value = cookieValue(head.headers.get('cookie'), name)
      return value === undefined ? undefined : decodeCookie(value, now)
    },
    write: (head, address, now) => {
      const expires = ttlSeconds > 0 ? Math.trunc(now / 1000) + ttlSeconds : 0
      head.headers.add('set-cookie', `${name}="${encodeCookie(address, expires)}"${attributes}`)
    },
  }
}

function headerSession({ name }: HeaderBasedSessionState): Omit<Session, 'strict'> {
  const field = name.toLowerCase()
  if (field === '') throw new Error('the header of a stateful session has no name')
  return {
    concerns: () => true,
    read: head => {
      const value = head.headers.get(field)
      const address = value === undefined ? '' : Buffer.from(value, 'base64').toString('latin1')
      return address === '' ? undefined : address
    },
    write: (head, address) => head.headers.set(field, Buffer.from(address).toString('base64')),
  }
}

/** RFC 6265 section 5.1.4. */
function isBelow(path: string, root: string): boolean {
  if (!path.startsWith(root)) return false
  return root === '' || root.endsWith('/') || path.length === root.length || path[root.length] === '/'
}

function cookieValue(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  // Several Cookie fields are joined with a comma, cookies within one with a semicolon.
  for (const pair of header.split(/[;,]/)) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name)
      return pair
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1')
  }
  return undefined
}

interface RouteSession {
  readonly session: Session | undefined
}

const compiled = new WeakMap<FilterOverride, RouteSession>()

/** A route's own settings, read once. @throws as `compileSession` */
export function routeSessionOf(override: FilterOverride): RouteSession {
  const known = compiled.get(override)
  if (known !== undefined) return known
  const chosen = StatefulSessionPerRoute.decode(override.value).override
  const made = { session: chosen?.$case === 'statefulSession' ? compileSession(chosen.value) : undefined }
  compiled.set(override, made)
  return made
}

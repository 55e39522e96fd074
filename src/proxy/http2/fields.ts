/**
 * Header fields between node:http2's forms and ours.
 */
import type { OutgoingHttpHeaders } from 'node:http2'
import { HeaderList, type Headers } from '../http/headers.ts'

/** A decoded field block: pseudo-header fields apart from the others. */
export interface FieldBlock {
  readonly pseudo: ReadonlyMap<string, string>
  readonly headers: HeaderList
}

/**
 * @param raw name, value, name, value ... as node:http2 emits it. Cookie pairs that HTTP/2 split over several fields become one field
 * again (RFC 9113 section 8.2.3), because joining them by "," would change their meaning.
 */
export function readFields(raw: readonly string[]): FieldBlock {
  const pseudo = new Map<string, string>()
  const fields: string[] = []
  let cookieAt = -1
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const value = raw[i + 1] ?? ''
    if (name.startsWith(':')) pseudo.set(name, value)
    else if (name === 'cookie' && cookieAt >= 0) fields[cookieAt] = `${fields[cookieAt]}; ${value}`
    else {
      if (name === 'cookie') cookieAt = fields.length + 1
      fields.push(name, value)
    }
  }
  return { pseudo, headers: new HeaderList(fields) }
}

/** Adds `headers` to `into`, which may hold pseudo-header fields already; a repeated name becomes a list. */
export function writeFields(headers: Headers, into: OutgoingHttpHeaders): OutgoingHttpHeaders {
  headers.forEach((name, value) => {
    const known = into[name]
    if (known === undefined) into[name] = value
    else if (Array.isArray(known)) known.push(value)
    else into[name] = [String(known), value]
  })
  return into
}

/** An object without a prototype, so that a field named "constructor" is a field like any other. */
export function emptyFields(): OutgoingHttpHeaders {
  return Object.assign(Object.create(null))
}

/**
 * Reading a field of a request by the name that configuration gives it: header, pseudo-header, or one that the codec keeps apart.
 */
import type { RequestHead } from '../http/stream.ts'

export type FieldReader = (head: RequestHead) => string | undefined

/** Resolved once, when configuration arrives. Several fields of one name are joined with ",", as Envoy's matchers see them. */
export function fieldReader(name: string): FieldReader {
  const lower = name.toLowerCase()
  switch (lower) {
    case ':path':
      return head => head.path || undefined
    case ':method':
      return head => head.method
    case ':scheme':
      return head => head.scheme
    // Envoy keeps Host and :authority as one.
    case ':authority':
    case 'host':
      return head => head.authority || undefined
    case 'upgrade':
      return head => head.upgrade ?? head.headers.get(lower)
    default:
      return head => head.headers.get(lower)
  }
}

/** The same, but of several fields of one name only the first: where a single value is wanted, as in Envoy. */
export function firstFieldReader(name: string): FieldReader {
  const read = fieldReader(name)
  const lower = name.toLowerCase()
  return head => {
    const joined = read(head)
    if (joined === undefined || !joined.includes(',')) return joined
    let first: string | undefined
    head.headers.forEach((field, value) => {
      if (field === lower) first ??= value
    })
    return first ?? joined
  }
}

/** "https" when the client came over TLS, also where that was at a proxy before this one (x-forwarded-proto). */
export function forwardedProto(head: RequestHead): string {
  return head.headers.get('x-forwarded-proto') ?? head.scheme
}

/** Without query and fragment. */
export function pathOnly(path: string): string {
  const query = path.indexOf('?')
  const fragment = path.indexOf('#')
  if (query < 0) return fragment < 0 ? path : path.slice(0, fragment)
  return path.slice(0, fragment < 0 ? query : Math.min(query, fragment))
}

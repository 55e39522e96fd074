/** What a request's head says at one moment, and what has become of it later. */
import type { RequestHead } from '../../proxy/http/stream.ts'
import type { ForwardedRequest } from './answer.ts'

export interface Fields {
  readonly authority: string
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
}

export function fieldsOf(head: RequestHead): Fields {
  const headers = new Map<string, string>()
  head.headers.forEach(name => {
    headers.set(name, head.headers.get(name) ?? '')
  })
  return { authority: head.authority, path: head.path, headers }
}

export function changes(before: Fields, after: Fields): Pick<ForwardedRequest, 'headersSet' | 'headersRemoved'> {
  const set = [...after.headers].filter(([name, value]) => before.headers.get(name) !== value)
  const removed = [...before.headers.keys()].filter(name => !after.headers.has(name))
  return { headersSet: Object.fromEntries(set), headersRemoved: removed }
}

/** What an external authorizer says, whichever protocol it is asked in. */
import type { Headers } from '../../http/headers.ts'
import type { RequestHead } from '../../http/stream.ts'
import type { JsonObject } from '../../metadata/dynamic.ts'

/** append: to a header that is there, else nothing. */
export type EditKind = 'set' | 'add' | 'append' | 'add-if-absent' | 'set-if-present'

export interface HeaderEdit {
  /** In lower case. */
  readonly name: string
  /** Byte text. */
  readonly value: string
  readonly kind: EditKind
}

export type Ruling =
  | {
      readonly kind: 'allowed'
      /** Of the request, before it goes on. */
      readonly upstream: readonly HeaderEdit[]
      readonly remove: readonly string[]
      /** Undefined: the query stays as it is. */
      readonly query: QueryEdit | undefined
      /** Of the response, whoever gives it. */
      readonly downstream: readonly HeaderEdit[]
      readonly metadata: JsonObject | undefined
    }
  | {
      readonly kind: 'denied'
      readonly status: number
      readonly headers: readonly HeaderEdit[]
      readonly body: Uint8Array
      readonly metadata: JsonObject | undefined
    }
  /** It could not be asked, or gave no answer. */
  | { readonly kind: 'unknown'; readonly reason: string }

export interface QueryEdit {
  readonly set: readonly { readonly key: string; readonly value: string }[]
  readonly remove: readonly string[]
}

export function editHeaders(headers: Headers, edits: readonly HeaderEdit[]): void {
  for (const { name, value, kind } of edits) {
    if (kind === 'add') headers.add(name, value)
    else if (kind === 'append' && headers.has(name)) headers.set(name, `${headers.get(name)},${value}`)
    else if (kind === 'set' || (kind !== 'append' && headers.has(name) === (kind === 'set-if-present'))) headers.set(name, value)
  }
}

/** @returns whether anything was asked for, so that another route may be the right one */
export function editRequest(head: RequestHead, { upstream, remove, query }: Extract<Ruling, { kind: 'allowed' }>): boolean {
  editHeaders(
    head.headers,
    upstream.filter(({ name }) => !name.startsWith(':') && name !== 'host'),
  )
  for (const { name, value } of upstream) {
    if (name === ':path') head.path = value
    else if (name === ':method') head.method = value
    else if (name === ':authority' || name === 'host') head.authority = value
  }
  for (const name of remove) if (!name.startsWith(':') && name !== 'host') head.headers.remove(name)
  if (query !== undefined) head.path = editQuery(head.path, query)
  return upstream.length > 0 || remove.length > 0 || query !== undefined
}

function editQuery(path: string, { set, remove }: QueryEdit): string {
  const question = path.indexOf('?')
  const parameters = new URLSearchParams(question < 0 ? '' : path.slice(question + 1))
  for (const { key, value } of set) parameters.set(key, value)
  for (const key of remove) parameters.delete(key)
  const text = parameters.toString()
  const start = question < 0 ? path : path.slice(0, question)
  return text === '' ? start : `${start}?${text}`
}

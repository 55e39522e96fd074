/**
 * Headers to add and to remove, as every level of a route configuration may say (HeaderValueOption).
 */
import {
  HeaderValueOption_HeaderAppendAction as Action,
  type HeaderValueOption,
} from '../../xds/gen/envoy/config/core/v3/base.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import { compileHeaderValue, type FormatContext, type HeaderValue } from './header-format.ts'

/** Changes `headers`, which are the request's own, or the response's (then `response` is the same object). */
export type HeaderMutation = (headers: Headers, head: RequestHead, context: FormatContext, response: Headers | undefined) => void

interface Addition {
  readonly name: string
  readonly value: HeaderValue
  readonly action: Action
  readonly keepEmpty: boolean
}

/** @returns undefined when there is nothing to do @throws on what Envoy refuses, and on commands that are not known */
export function compileHeaderMutation(add: readonly HeaderValueOption[], remove: readonly string[]): HeaderMutation | undefined {
  const removals = remove.map(name => ownName(name, 'removed'))
  const additions = add.map(compileAddition)
  if (additions.length === 0 && removals.length === 0) return undefined
  const addTo = constants(additions) ?? ((...request) => addAll(additions, ...request))
  return (headers, head, context, response) => {
    for (const name of removals) headers.remove(name)
    addTo(headers, head, context, response)
  }
}

/** The frequent case, in which nothing depends on the request; undefined: it is not this one. */
function constants(additions: readonly Addition[]): HeaderMutation | undefined {
  const set: [name: string, value: string][] = []
  const add: [name: string, value: string][] = []
  for (const { name, value, action, keepEmpty } of additions) {
    if (typeof value !== 'string' || action === Action.ADD_IF_ABSENT || action === Action.OVERWRITE_IF_EXISTS) return undefined
    if (value !== '' || keepEmpty) (overwrites(action) ? set : add).push([name, value])
  }
  return headers => {
    for (const [name, value] of set) headers.set(name, value)
    for (const [name, value] of add) headers.add(name, value)
  }
}

/** Later ones win where they say different things of one header. */
export function inOrder(mutations: readonly (HeaderMutation | undefined)[]): HeaderMutation | undefined {
  const present = mutations.filter(mutation => mutation !== undefined)
  if (present.length <= 1) return present[0]
  return (headers, head, context, response) => {
    for (const mutate of present) mutate(headers, head, context, response)
  }
}

/**
 * Envoy's order: all values are computed, and conditions tested, before the first header changes; then what overwrites, then what
 * appends.
 */
function addAll(
  additions: readonly Addition[],
  headers: Headers,
  head: RequestHead,
  context: FormatContext,
  response: Headers | undefined,
): void {
  const values = additions.map(({ name, value, action, keepEmpty }) => {
    const text = typeof value === 'string' ? value : value(head, context, response)
    if (text === '' && !keepEmpty) return undefined
    if (action === Action.ADD_IF_ABSENT && headers.has(name)) return undefined
    return action === Action.OVERWRITE_IF_EXISTS && !headers.has(name) ? undefined : text
  })
  additions.forEach(({ name, action }, i) => {
    const text = values[i]
    if (text !== undefined && overwrites(action)) headers.set(name, text)
  })
  additions.forEach(({ name, action }, i) => {
    const text = values[i]
    if (text !== undefined && !overwrites(action)) headers.add(name, text)
  })
}

function overwrites(action: Action): boolean {
  return action === Action.OVERWRITE_IF_EXISTS || action === Action.OVERWRITE_IF_EXISTS_OR_ADD
}

function compileAddition({ header, append, appendAction, keepEmptyValue }: HeaderValueOption): Addition {
  if (!header) throw new Error('a header to add has neither name nor value')
  const name = ownName(header.key, 'modified')
  if (append !== undefined && appendAction !== Action.APPEND_IF_EXISTS_OR_ADD)
    throw new Error(`header "${name}" has both append and append_action, expected one of them`)
  if (!(appendAction in ACTIONS)) throw new Error(`header "${name}" has append_action ${appendAction}, expected 0 to 3`)
  if (/[\0\r\n]/.test(header.value)) throw new Error(`header "${name}" has a line break or a NUL in its value`)
  return {
    name,
    value: header.rawValue.length > 0 ? Buffer.from(header.rawValue).toString('latin1') : compileHeaderValue(header.value),
    action: append === false ? Action.OVERWRITE_IF_EXISTS_OR_ADD : appendAction,
    keepEmpty: keepEmptyValue,
  }
}

const ACTIONS: Readonly<Record<Action, true>> = { 0: true, 1: true, 2: true, 3: true }

/** Method, path, authority and status have fields of their own in the API (host_rewrite_literal, prefix_rewrite ...). */
function ownName(name: string, verb: string): string {
  const lower = name.toLowerCase()
  if (!/^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(lower))
    throw new Error(`a header to be ${verb} is called "${name}", expected letters, digits and any of !#$%&'*+-.^_\`|~`)
  if (lower.startsWith(':') || lower === 'host')
    throw new Error(`the header "${name}" is to be ${verb}, expected neither a pseudo-header nor Host`)
  return lower
}

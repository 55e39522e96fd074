/** Header manipulation of routes and destinations (Envoy's *_headers_to_add and _to_remove). */
import type { HeaderChanges, HeaderEdit } from '../../model/http-rule.ts'
import { HeaderValueOption, HeaderValueOption_HeaderAppendAction } from '../gen/envoy/config/core/v3/base.ts'

export interface EnvoyHeaderChanges {
  readonly requestHeadersToAdd: HeaderValueOption[]
  readonly requestHeadersToRemove: string[]
  readonly responseHeadersToAdd: HeaderValueOption[]
  readonly responseHeadersToRemove: string[]
}

export function headerChanges(...changes: readonly HeaderChanges[]): EnvoyHeaderChanges {
  return {
    requestHeadersToAdd: changes.flatMap(change => headersToAdd(change.request)),
    requestHeadersToRemove: changes.flatMap(change => change.request.remove),
    responseHeadersToAdd: changes.flatMap(change => headersToAdd(change.response)),
    responseHeadersToRemove: changes.flatMap(change => change.response.remove),
  }
}

/** Those that are set before those that are added, each sorted by name. The authority is not a header here: see authorityOf(). */
function headersToAdd(edit: HeaderEdit): HeaderValueOption[] {
  const { OVERWRITE_IF_EXISTS_OR_ADD, APPEND_IF_EXISTS_OR_ADD } = HeaderValueOption_HeaderAppendAction
  const option =
    (appendAction: HeaderValueOption['appendAction']) =>
    ([key, value]: readonly [string, string]) =>
      HeaderValueOption.fromPartial({ header: { key, value }, appendAction })
  return [...sorted(edit.set).map(option(OVERWRITE_IF_EXISTS_OR_ADD)), ...sorted(edit.add).map(option(APPEND_IF_EXISTS_OR_ADD))]
}

function sorted(headers: HeaderEdit['set']): HeaderEdit['set'] {
  return headers.filter(([name]) => !isAuthority(name)).sort(([a], [b]) => (a < b ? -1 : 1))
}

function isAuthority(name: string): boolean {
  const lower = name.toLowerCase()
  return lower === 'host' || lower === ':authority'
}

/** The authority that request headers ask for: Envoy rewrites it in its own way. */
export function authorityOf(changes: HeaderChanges): string | undefined {
  return [...changes.request.set, ...changes.request.add].find(([name]) => isAuthority(name))?.[1]
}

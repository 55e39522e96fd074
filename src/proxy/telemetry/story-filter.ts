/**
 * Which requests a tap or a listing wants, from query parameters. Looks at the record itself, so that nothing is made of requests that
 * nobody wants.
 *
 * failed; id=ID; status=503 | 5xx | >=400; method=GET; path=/prefix; authority=cart; to=part of the cluster or of the endpoint's workload;
 * from=part of the caller's principal, workload or address; side=inbound | outbound. All that are given must hold.
 */
import type { DecisionRecord } from './decision-record.ts'
import { peerOfConnection, peerOfHost } from './peer.ts'

export type StoryFilter = (record: DecisionRecord, failed: boolean) => boolean

type Make = (value: string) => StoryFilter

const FILTERS: Readonly<Record<string, Make>> = {
  failed: value => (value === 'false' ? () => true : (_record, failed) => failed),
  id: value => record => record.request?.headers.get('x-request-id') === value,
  status: statusFilter,
  method: value => record => record.request?.method === value.toUpperCase(),
  path: value => record => record.originalPath.startsWith(value),
  authority: value => record => record.request?.authority.includes(value) ?? false,
  to:
    value =>
    ({ cluster, host }) =>
      (cluster?.name.includes(value) ?? false) || (host !== undefined && (peerOfHost(host).workload?.includes(value) ?? false)),
  from: value => record => {
    const { principal = '', workload = '' } = peerOfConnection(record.connection)
    return principal.includes(value) || workload.includes(value) || record.remoteAddress.includes(value)
  },
  side: value => record => record.side === value,
}

/** @param passedOver parameters that mean something else @throws naming the parameter that is unknown or has no such value */
export function storyFilter(query: URLSearchParams, passedOver: readonly string[] = []): StoryFilter {
  const filters: StoryFilter[] = []
  for (const [name, value] of query) {
    if (passedOver.includes(name)) continue
    const make = FILTERS[name]
    if (make === undefined)
      throw new Error(`Cannot filter requests: "${name}", expected one of ${Object.keys(FILTERS).join(', ')}`)
    filters.push(make(value))
  }
  return (record, failed) => filters.every(filter => filter(record, failed))
}

function statusFilter(value: string): StoryFilter {
  const [, comparison = '', number = '', rest = ''] = /^(>=|<|)(\d)(\d\d|xx)$/.exec(value) ?? []
  if (number === '') throw new Error(`Cannot filter requests: status "${value}", expected 503, 5xx, >=400 or <500`)
  if (rest === 'xx') return ({ status }) => Math.floor(status / 100) === Number(number)
  const limit = Number(number + rest)
  if (comparison === '>=') return ({ status }) => status >= limit
  return comparison === '<' ? ({ status }) => status < limit : ({ status }) => status === limit
}

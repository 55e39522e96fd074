/**
 * The decision on sampling that travels inside x-request-id: the first digit of the third group of its UUID says whether a request is traced
 * and who wanted it (Envoy, UuidRequestIdConfig.pack_trace_reason). So all proxies of one request decide alike, whatever the application forwards.
 */
export type TraceReason = 'none' | 'sampled' | 'forced' | 'client'

const PLACE = 14
const LENGTH = 36
const DIGIT: Readonly<Record<TraceReason, string>> = { none: '4', sampled: '9', forced: 'a', client: 'b' }
const REASON: ReadonlyMap<string | undefined, TraceReason> = new Map([
  ['9', 'sampled'],
  ['a', 'forced'],
  ['b', 'client'],
])

export function traceReason(id: string): TraceReason {
  return id.length === LENGTH ? (REASON.get(id[PLACE]) ?? 'none') : 'none'
}

/** What is no UUID stays as it is. */
export function withTraceReason(id: string, reason: TraceReason): string {
  return id.length === LENGTH ? `${id.slice(0, PLACE)}${DIGIT[reason]}${id.slice(PLACE + 1)}` : id
}

/** 0 to 9999, the same for everybody who has the id; undefined: it is no UUID. */
export function requestIdDraw(id: string): number | undefined {
  const number = /^[0-9a-f]{8}/i.test(id) ? Number.parseInt(id.slice(0, 8), 16) : undefined
  return number === undefined ? undefined : number % 10_000
}

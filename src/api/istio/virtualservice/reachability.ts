/**
 * Warnings about rules and matches that no request can reach, because earlier ones take all of them. The first rule that matches is
 * taken, so an earlier match that asks for less, and for nothing else, shadows a later one.
 */
import type { Findings } from '../../findings.ts'
import type { HTTPMatchRequest, HTTPRoute, TCPRoute, TLSRoute } from './schema.ts'

const unreachable = { code: 'IST0130' }
const shadowed = { code: 'IST0131' }

interface Seen {
  readonly place: string
  readonly match: HTTPMatchRequest
}

/** @param findings at `http` */
export function warnOfUnreachableHttp(rules: readonly HTTPRoute[], findings: Findings): void {
  const exact = new Map<string, string>()
  // By the prefix that the match asks of the path, so that a later match needs to look at the prefixes of its own path only.
  const byPrefix = new Map<string, Seen[]>()
  let catchAll: number | undefined
  for (const [ruleIndex, rule] of rules.entries()) {
    if (catchAll !== undefined) {
      findings.at(ruleIndex).warning(`no request gets here: http[${catchAll}] has no match and takes all of them`, unreachable)
      continue
    }
    if ((rule.match ?? []).length === 0) catchAll = ruleIndex
    let repeated = 0
    for (const [matchIndex, match] of (rule.match ?? []).entries()) {
      const at = findings.at(ruleIndex, 'match', matchIndex)
      const text = meaning(match)
      const same = exact.get(text)
      const place = `http[${ruleIndex}].match[${matchIndex}]`
      const wider = same ?? findWider(match, byPrefix)
      if (same !== undefined) repeated++
      else exact.set(text, place)
      if (wider !== undefined)
        at.warning(`no request gets here: ${wider} ${same === undefined ? 'takes all of them' : 'is the same'}`, shadowed)
      const prefix = widePrefix(match)
      if (prefix !== undefined) byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), { place, match }])
    }
    if (repeated > 0 && repeated === rule.match?.length) {
      findings.at(ruleIndex).warning('no request gets here: all its matches stand in earlier rules', unreachable)
    }
  }
}

/** @param findings at `tcp` or `tls` */
export function warnOfUnreachableLayer4(rules: readonly (TCPRoute | TLSRoute)[], findings: Findings): void {
  const exact = new Map<string, string>()
  let catchAll: number | undefined
  for (const [ruleIndex, rule] of rules.entries()) {
    if (catchAll !== undefined)
      findings.at(ruleIndex).warning(`no connection gets here: rule ${catchAll} has no match and takes all of them`, unreachable)
    if ((rule.match ?? []).length === 0) catchAll ??= ruleIndex
    for (const [matchIndex, match] of (rule.match ?? []).entries()) {
      const text = meaning(match)
      const same = exact.get(text)
      if (same === undefined) exact.set(text, `match[${matchIndex}] of rule ${ruleIndex}`)
      else findings.at(ruleIndex, 'match', matchIndex).warning(`no connection gets here: ${same} is the same`, shadowed)
    }
  }
}

/** The prefix by which a match can shadow others; undefined when its path condition is narrower than a prefix. */
function widePrefix(match: HTTPMatchRequest): string | undefined {
  if (match.uri === undefined) return ''
  return match.uri.prefix
}

function findWider(match: HTTPMatchRequest, byPrefix: ReadonlyMap<string, readonly Seen[]>): string | undefined {
  const path = match.uri?.prefix ?? match.uri?.exact ?? '/' // every path begins so
  for (let length = 0; length <= path.length; length++) {
    const wider = byPrefix.get(path.slice(0, length))?.find(seen => asksNoMore(seen.match, match))
    if (wider) return wider.place
  }
  return undefined
}

/** Whether each condition of `wide` beside the path is one of `narrow`'s too. */
function asksNoMore(wide: HTTPMatchRequest, narrow: HTTPMatchRequest): boolean {
  const {
    uri: _uri,
    name: _name,
    statPrefix: _statPrefix,
    headers,
    withoutHeaders,
    queryParams,
    sourceLabels,
    gateways,
    ...rest
  } = wide
  return (
    canonical(gateways ?? []) === canonical(narrow.gateways ?? []) &&
    Object.entries(rest).every(([field, value]) => canonical(value) === canonical(Reflect.get(narrow, field))) &&
    (wide.ignoreUriCase ?? false) === (narrow.ignoreUriCase ?? false) &&
    within(headers, narrow.headers) &&
    within(withoutHeaders, narrow.withoutHeaders) &&
    within(queryParams, narrow.queryParams) &&
    within(sourceLabels, narrow.sourceLabels)
  )
}

function within(
  wide: Readonly<Record<string, unknown>> | undefined,
  narrow: Readonly<Record<string, unknown>> | undefined,
): boolean {
  return Object.entries(wide ?? {}).every(([key, value]) => narrow !== undefined && canonical(value) === canonical(narrow[key]))
}

/** What a match asks, without its names, as text that two equal matches share. */
function meaning(match: object): string {
  return canonical({ ...match, name: undefined, statPrefix: undefined })
}

/** JSON with sorted keys, so that the order in the file does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry
    return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

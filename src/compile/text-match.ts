/** StringMatch of the API as the model's text conditions. */
import type { StringMatch } from '../api/istio/virtualservice/schema.ts'
import type { NamedMatch, TextMatch } from '../model/http-rule.ts'

/** An empty match, and the regex "*", ask for presence. */
export function textMatch(match: StringMatch | null): TextMatch {
  if (match?.exact !== undefined) return { kind: 'exact', value: match.exact }
  if (match?.prefix !== undefined) return { kind: 'prefix', value: match.prefix }
  if (match?.regex !== undefined && match.regex !== '*') return { kind: 'regex', value: match.regex }
  return { kind: 'present' }
}

/** undefined: no condition. Presence says nothing about what every request has (a path, a method). */
export function optionalMatch(match: StringMatch | undefined): TextMatch | undefined {
  if (!match) return undefined
  const found = textMatch(match)
  return found.kind === 'present' ? undefined : found
}

/** @param lowerCase header names are compared in lower case */
export function namedMatches(matches: Readonly<Record<string, StringMatch>> | undefined, lowerCase: boolean): NamedMatch[] {
  return Object.entries(matches ?? {})
    .map(([name, match]) => ({ name: lowerCase ? name.toLowerCase() : name, match: textMatch(match) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

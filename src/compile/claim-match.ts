/**
 * Conditions on claims of a verified token, which a VirtualService writes in the place of a header's name: "@request.auth.claims.group" or
 * "@request.auth.claims[realm][roles]".
 */
import type { HTTPMatchRequest, StringMatch } from '../api/istio/virtualservice/schema.ts'
import { claimPrefix } from '../api/values/header.ts'
import type { ClaimMatch } from '../model/http-rule.ts'
import { textMatch } from './text-match.ts'

type Matches = Readonly<Record<string, StringMatch>>

/** The claims that a match asks for, and what is left of its headers. */
export function splitClaims({ headers = {}, withoutHeaders = {} }: HTTPMatchRequest) {
  return {
    claims: [...claimsIn(headers, false), ...claimsIn(withoutHeaders, true)],
    headers: headersIn(headers),
    withoutHeaders: headersIn(withoutHeaders),
  }
}

function claimsIn(matches: Matches, inverted: boolean): ClaimMatch[] {
  return Object.entries(matches)
    .filter(([name]) => name.startsWith(claimPrefix))
    .map(([name, match]) => ({ path: claimPath(name), match: textMatch(match), inverted }))
}

function headersIn(matches: Matches): Matches {
  return Object.fromEntries(Object.entries(matches).filter(([name]) => !name.startsWith(claimPrefix)))
}

function claimPath(name: string): string[] {
  const rest = name.slice(claimPrefix.length)
  return rest.startsWith('[') ? rest.slice(1, -1).split('][') : rest.slice(1).split('.')
}

/** Which requests are meant: the match of mizzen's own kinds, in the words of VirtualService and HTTPRoute. */
import { type Static, Type } from 'typebox'
import type { Findings } from '../findings.ts'
import { StringMatch } from '../istio/virtualservice/schema.ts'
import { checkStringMatch } from '../istio/virtualservice/string-match.ts'
import { mapOf, message } from '../schema/message.ts'
import { checkHeaderMatchName } from '../values/header.ts'

export const RequestMatch = message({
  path: Type.Object(StringMatch.properties, {
    additionalProperties: false,
    description: 'exact, prefix (of the text, not of segments) or regex (RE2, of the whole path)',
  }),
  method: Type.String({ examples: ['GET'] }),
  headers: mapOf(StringMatch, { description: 'all of them; an empty match asks for presence' }),
  queryParams: mapOf(StringMatch, { description: 'all of them; an empty match asks for presence' }),
})
export type RequestMatch = Static<typeof RequestMatch>

export const RequestMatches = Type.Array(RequestMatch, { description: 'any of them; none: every request' })

const METHOD = /^[A-Z]+$/

/** @param findings at the list */
export function checkMatches(matches: readonly RequestMatch[] | undefined, findings: Findings): void {
  for (const [index, match] of (matches ?? []).entries()) checkMatch(match, findings.at(index))
}

function checkMatch({ path, method, headers, queryParams }: RequestMatch, findings: Findings): void {
  checkStringMatch(path, findings.at('path'))
  checkMethod(method, findings.at('method'))
  for (const [name, value] of Object.entries(headers ?? {})) {
    findings.at('headers', name).check(checkHeaderMatchName(name))
    checkStringMatch(value, findings.at('headers', name))
  }
  for (const [name, value] of Object.entries(queryParams ?? {})) checkStringMatch(value, findings.at('queryParams', name))
}

export function checkMethod(method: string | undefined, findings: Findings): void {
  if (method === undefined || METHOD.test(method)) return
  findings.error(`${JSON.stringify(method)} is not a method: expected one such as "GET"`, {
    fix: `write ${method.toUpperCase()}`,
  })
}

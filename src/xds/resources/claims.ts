/** Conditions on what a verified token claims (Envoy MetadataMatcher on what jwt_authn leaves behind). */
import type { ClaimMatch } from '../../model/http-rule.ts'
import { MetadataMatcher } from '../gen/envoy/type/matcher/v3/metadata.ts'
import type { StringMatcher } from '../gen/envoy/type/matcher/v3/string.ts'
import type { ValueMatcher } from '../gen/envoy/type/matcher/v3/value.ts'
import { stringMatcher } from './text-match.ts'

/** Where the token's claims are left by the filter that verified it. */
export const JWT_FILTER = 'envoy.filters.http.jwt_authn'
export const JWT_PAYLOAD = 'payload'

/** Of a route. Presence is that of any value, a number or a map too. */
export function claimMatcher({ path, match, inverted }: ClaimMatch): MetadataMatcher {
  const value: ValueMatcher =
    match.kind === 'present' ? { matchPattern: { $case: 'presentMatch', value: true } } : listOrText(stringMatcher(match))
  return { ...claim(path, value), invert: inverted }
}

export function claim(path: readonly string[], value: ValueMatcher): MetadataMatcher {
  return metadata(JWT_FILTER, [JWT_PAYLOAD, ...path], value)
}

export function metadata(filter: string, path: readonly string[], value: ValueMatcher): MetadataMatcher {
  const segments = path.map(key => ({ segment: { $case: 'key', value: key } }) as const)
  return MetadataMatcher.fromPartial({ filter, path: segments, value })
}

export function text(match: StringMatcher): ValueMatcher {
  return { matchPattern: { $case: 'stringMatch', value: match } }
}

/** A claim may be one text or a list of them. */
export function listOrText(match: StringMatcher): ValueMatcher {
  const oneOf = { matchPattern: { $case: 'listMatch', value: { matchPattern: { $case: 'oneOf', value: text(match) } } } } as const
  return { matchPattern: { $case: 'orMatch', value: { valueMatchers: [oneOf, text(match)] } } }
}

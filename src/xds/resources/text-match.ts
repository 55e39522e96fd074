/** Text conditions of the model as Envoy's matchers. */
import type { NamedMatch, TextMatch } from '../../model/http-rule.ts'
import { HeaderMatcher, QueryParameterMatcher } from '../gen/envoy/config/route/v3/route_components.ts'
import { StringMatcher } from '../gen/envoy/type/matcher/v3/string.ts'

export type ValueMatch = Exclude<TextMatch, { kind: 'present' }>

export function stringMatcher(match: ValueMatch): StringMatcher {
  switch (match.kind) {
    case 'exact':
      return StringMatcher.fromPartial({ matchPattern: { $case: 'exact', value: match.value } })
    case 'prefix':
      return StringMatcher.fromPartial({ matchPattern: { $case: 'prefix', value: match.value } })
    case 'regex':
      return StringMatcher.fromPartial({ matchPattern: { $case: 'safeRegex', value: { regex: match.value } } })
  }
}

export function headerMatcher({ name, match }: NamedMatch): HeaderMatcher {
  if (match.kind === 'present') {
    return HeaderMatcher.fromPartial({ name, headerMatchSpecifier: { $case: 'presentMatch', value: true } })
  }
  return HeaderMatcher.fromPartial({ name, headerMatchSpecifier: { $case: 'stringMatch', value: stringMatcher(match) } })
}

/** The header must not match; one that is absent does not. */
export function withoutHeaderMatcher(header: NamedMatch): HeaderMatcher {
  return { ...headerMatcher(header), invertMatch: true, treatMissingHeaderAsEmpty: header.match.kind !== 'present' }
}

export function queryParameterMatcher({ name, match }: NamedMatch): QueryParameterMatcher {
  if (match.kind === 'present') {
    return QueryParameterMatcher.fromPartial({ name, queryParameterMatchSpecifier: { $case: 'presentMatch', value: true } })
  }
  return QueryParameterMatcher.fromPartial({
    name,
    queryParameterMatchSpecifier: { $case: 'stringMatch', value: stringMatcher(match) },
  })
}

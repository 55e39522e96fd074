/** Which headers go to the authorizer, and which of its answer go on: envoy.type.matcher.v3.ListStringMatcher over names. */
import type { ListStringMatcher } from '../../../xds/gen/envoy/type/matcher/v3/string.ts'
import { compileStringMatcher, type TextTest } from '../../route/string-match.ts'

/** @returns undefined: no list is given @throws on a pattern that cannot be used */
export function nameTest(list: ListStringMatcher | undefined): TextTest | undefined {
  if (list === undefined) return undefined
  const tests = list.patterns.map(compileStringMatcher)
  return name => tests.some(test => test(name))
}

/** @param always names that are sent whatever the list says; undefined `allowed`: every name is */
export function sentHeaders(
  allowed: ListStringMatcher | undefined,
  disallowed: ListStringMatcher | undefined,
  always?: ReadonlySet<string>,
): TextTest {
  const [yes, no] = [nameTest(allowed), nameTest(disallowed)]
  return name => {
    if (no?.(name)) return false
    return always?.has(name) || (yes === undefined ? always === undefined : yes(name))
  }
}

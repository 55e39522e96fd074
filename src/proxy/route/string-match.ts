/**
 * envoy.type.matcher.v3.StringMatcher as a function of byte text.
 */
import { toByteText } from '../../lib/byte-text.ts'
import { compileFullMatch } from '../../lib/regex.ts'
import type { StringMatcher } from '../../xds/gen/envoy/type/matcher/v3/string.ts'

export type TextTest = (text: string) => boolean

/** @throws on a regular expression that does not parse, and on patterns that Envoy refuses too */
export function compileStringMatcher(matcher: StringMatcher | undefined): TextTest {
  const pattern = matcher?.matchPattern
  if (!matcher || !pattern)
    throw new Error('a string matcher has no pattern, expected exact, prefix, suffix, contains or safe_regex')
  if (pattern.$case === 'custom') throw new Error('custom string matchers are not supported')
  if (pattern.$case === 'safeRegex') return compileRegexTest(pattern.value.regex)
  const { $case } = pattern
  const value = toByteText(pattern.value)
  if ($case !== 'exact' && value === '') throw new Error(`a string matcher's ${$case} is empty, expected at least one character`)
  if (!matcher.ignoreCase) return TESTS[$case](value)
  const test = TESTS[$case](value.toLowerCase())
  return text => test(text.toLowerCase())
}

/** Whether the whole text matches. Envoy's regular expressions see bytes, one character each: "." is half of "é". */
export function compileRegexTest(regex: string): TextTest {
  return compileFullMatch(toByteText(regex))
}

/** Whole-text and part tests by name of the protobuf oneof, shared with the older HeaderMatcher forms. */
export const TESTS = {
  exact:
    (value: string): TextTest =>
    text =>
      text === value,
  prefix:
    (value: string): TextTest =>
    text =>
      text.startsWith(value),
  suffix:
    (value: string): TextTest =>
    text =>
      text.endsWith(value),
  contains:
    (value: string): TextTest =>
    text =>
      text.includes(value),
}

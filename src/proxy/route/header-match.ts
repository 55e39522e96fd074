/**
 * envoy.config.route.v3.HeaderMatcher as a function, for request heads and for response headers.
 */
import { toByteText } from '../../lib/byte-text.ts'
import type { HeaderMatcher } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { Headers } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import { fieldReader } from './request-field.ts'
import { compileRegexTest, compileStringMatcher, TESTS, type TextTest } from './string-match.ts'

/** @throws on a matcher that cannot be honoured; the message names the header */
export function compileRequestHeaderMatcher(matcher: HeaderMatcher): (head: RequestHead) => boolean {
  const test = compileValueTest(matcher)
  const read = fieldReader(matcher.name)
  return head => test(read(head))
}

/** The same for a response; `:status` can be matched too. */
export function compileResponseHeaderMatcher(matcher: HeaderMatcher): (status: number, headers: Headers) => boolean {
  const test = compileValueTest(matcher)
  const name = matcher.name.toLowerCase()
  if (name === ':status') return status => test(String(status))
  return (_, headers) => test(headers.get(name))
}

function compileValueTest(matcher: HeaderMatcher): (value: string | undefined) => boolean {
  if (matcher.name === '') throw new Error('a header matcher has no header name')
  const { headerMatchSpecifier: specifier, invertMatch: inverted, treatMissingHeaderAsEmpty } = matcher
  if (!specifier) return value => (value !== undefined) !== inverted
  if (specifier.$case === 'presentMatch') {
    const expected = specifier.value !== inverted
    return treatMissingHeaderAsEmpty ? () => expected : value => (value !== undefined) === expected
  }
  const test = compileText(matcher.name, specifier)
  // A header that is not there matches nothing, not even an inverted test, unless it is to be taken for an empty one.
  const missing = treatMissingHeaderAsEmpty && test('') !== inverted
  return value => (value === undefined ? missing : test(value) !== inverted)
}

type TextSpecifier = Exclude<NonNullable<HeaderMatcher['headerMatchSpecifier']>, { $case: 'presentMatch' }>

function compileText(name: string, specifier: TextSpecifier): TextTest {
  try {
    switch (specifier.$case) {
      case 'exactMatch':
        return TESTS.exact(toByteText(specifier.value))
      case 'prefixMatch':
        return TESTS.prefix(notEmpty(specifier.value))
      case 'suffixMatch':
        return TESTS.suffix(notEmpty(specifier.value))
      case 'containsMatch':
        return TESTS.contains(notEmpty(specifier.value))
      case 'safeRegexMatch':
        return compileRegexTest(specifier.value.regex)
      case 'stringMatch':
        return compileStringMatcher(specifier.value)
      case 'rangeMatch': {
        const { start, end } = specifier.value
        return text => {
          if (!/^\s*[-+]?\d+\s*$/.test(text)) return false
          const number = Number(text)
          return number >= start && number < end
        }
      }
    }
  } catch (error) {
    throw new Error(`header "${name}": ${error instanceof Error ? error.message : String(error)}`)
  }
}

function notEmpty(value: string): string {
  if (value === '') throw new Error('its pattern is empty, expected at least one character')
  return toByteText(value)
}

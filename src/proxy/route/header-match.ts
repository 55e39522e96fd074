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
  const name = matcher.name.toLowerCase()
  const test = compileTest(matcher)
  const read = fieldReader(name)
  if (name.startsWith(':') || name === 'host') return head => holds(test, read(head))
  return head => fieldsHold(test, head.headers, name, read(head))
}

/** The same for a response; `:status` can be matched too. */
export function compileResponseHeaderMatcher(matcher: HeaderMatcher): (status: number, headers: Headers) => boolean {
  const name = matcher.name.toLowerCase()
  const test = compileTest(matcher)
  if (name === ':status') return status => holds(test, String(status))
  return (_, headers) => fieldsHold(test, headers, name, headers.get(name))
}

interface FieldTest {
  readonly found: TextTest
  readonly inverted: boolean
  /** The result when there is no such field. */
  readonly missing: boolean
}

function holds({ found, inverted, missing }: FieldTest, value: string | undefined): boolean {
  return value === undefined ? missing : found(value) !== inverted
}

/** Several fields of one name are tested each on its own: one that matches is enough. A comma in the joined value tells that there may be several. */
function fieldsHold(test: FieldTest, headers: Headers, name: string, joined: string | undefined): boolean {
  if (joined === undefined || !joined.includes(',')) return holds(test, joined)
  let any = false
  let fields = 0
  headers.forEach((field, value) => {
    if (field !== name) return
    fields++
    any ||= test.found(value)
  })
  return (fields === 0 ? test.found(joined) : any) !== test.inverted
}

function compileTest(matcher: HeaderMatcher): FieldTest {
  if (matcher.name === '') throw new Error('a header matcher has no header name')
  const { headerMatchSpecifier: specifier, invertMatch, treatMissingHeaderAsEmpty } = matcher
  if (!specifier || specifier.$case === 'presentMatch') {
    const present = (specifier?.value ?? true) !== invertMatch
    return { found: () => true, inverted: !present, missing: specifier && treatMissingHeaderAsEmpty ? present : !present }
  }
  const found = compileText(matcher.name, specifier)
  // A header that is not there matches nothing, not even an inverted test, unless it is to be taken for an empty one.
  return { found, inverted: invertMatch, missing: treatMissingHeaderAsEmpty && found('') !== invertMatch }
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

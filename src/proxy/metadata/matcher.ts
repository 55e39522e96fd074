/** envoy.type.matcher.v3.MetadataMatcher and ValueMatcher as functions. */
import { toByteText } from '../../lib/byte-text.ts'
import type { MetadataMatcher } from '../../xds/gen/envoy/type/matcher/v3/metadata.ts'
import type { ValueMatcher } from '../../xds/gen/envoy/type/matcher/v3/value.ts'
import { compileStringMatcher } from '../route/string-match.ts'
import type { DynamicMetadata } from './dynamic.ts'

/** @throws on a matcher that cannot be honoured */
export function compileMetadataMatcher(matcher: MetadataMatcher): (metadata: DynamicMetadata | undefined) => boolean {
  const { filter, value, invert } = matcher
  const path = matcher.path.map(({ segment }) => {
    if (segment?.$case !== 'key') throw new Error(`a metadata matcher for "${filter}" has a path without a key`)
    return segment.value
  })
  const test = compileValueMatcher(value)
  return metadata => test(metadata?.at(filter, path)) !== invert
}

/** An absent value matches nothing but present_match: false. */
export function compileValueMatcher(matcher: ValueMatcher | undefined): (value: unknown) => boolean {
  const pattern = matcher?.matchPattern
  switch (pattern?.$case) {
    case undefined:
      throw new Error('a value matcher has no pattern')
    case 'nullMatch':
      return value => value === null
    case 'boolMatch':
      return value => value === pattern.value
    case 'presentMatch':
      return value => (value !== undefined) === pattern.value
    case 'stringMatch': {
      const test = compileStringMatcher(pattern.value)
      return value => typeof value === 'string' && test(toByteText(value))
    }
    case 'doubleMatch': {
      const number = pattern.value.matchPattern
      if (number?.$case === 'exact') return value => value === number.value
      if (number?.$case !== 'range') throw new Error('a number matcher has neither exact nor range')
      const { start, end } = number.value
      return value => typeof value === 'number' && value >= start && value < end
    }
    case 'listMatch': {
      const oneOf = compileValueMatcher(pattern.value.matchPattern?.value)
      return value => Array.isArray(value) && value.some(oneOf)
    }
    case 'orMatch': {
      const tests = pattern.value.valueMatchers.map(compileValueMatcher)
      return value => tests.some(test => test(value))
    }
  }
}

/**
 * Which names a certificate may have (match_typed_subject_alt_names).
 */
import {
  type SubjectAltNameMatcher,
  SubjectAltNameMatcher_SanType,
} from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/common.ts'
import { compileStringMatcher } from '../route/string-match.ts'

export type SanTest = (kind: string, value: string) => boolean

/** node:tls's words for the kinds of name. */
const KINDS: Readonly<Record<number, string>> = {
  [SubjectAltNameMatcher_SanType.DNS]: 'DNS',
  [SubjectAltNameMatcher_SanType.URI]: 'URI',
  [SubjectAltNameMatcher_SanType.IP_ADDRESS]: 'IP Address',
  [SubjectAltNameMatcher_SanType.EMAIL]: 'email',
}

/** @throws on kinds of names that are not supported */
export function sanTest(matcher: SubjectAltNameMatcher): SanTest {
  const wanted = KINDS[matcher.sanType]
  if (wanted === undefined)
    throw new Error(`SAN matchers of type ${matcher.sanType} are not supported, expected DNS, URI, IP_ADDRESS or EMAIL`)
  const matches = compileStringMatcher(matcher.matcher)
  return (kind, value) => kind === wanted && matches(value)
}

/**
 * The names as node:tls lists them in `subjectaltname`: `DNS:a.example, URI:spiffe://x/y, IP Address:10.0.0.1`; values with special characters are JSON
 * strings.
 */
export function alternativeNames(text: string): (readonly [kind: string, value: string])[] {
  const names: (readonly [string, string])[] = []
  for (const [, kind = '', quoted, plain = ''] of text.matchAll(/([A-Za-z ]+?):(?:("(?:[^"\\]|\\.)*")|([^,]*))(?:, |$)/g)) {
    const value: unknown = quoted === undefined ? plain : JSON.parse(quoted)
    if (typeof value === 'string') names.push([kind, value])
  }
  return names
}

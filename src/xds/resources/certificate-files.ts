/** Parts that TLS contexts of both directions have: files, and names to find in a certificate. */
import { isIP } from 'node:net'
import { DataSource } from '../gen/envoy/config/core/v3/base.ts'
import {
  SubjectAltNameMatcher_SanType as SanType,
  SubjectAltNameMatcher,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/common.ts'

export function file(path: string): DataSource {
  return DataSource.fromPartial({ specifier: { $case: 'filename', value: path } })
}

export function inlineText(pem: string): DataSource {
  return DataSource.fromPartial({ specifier: { $case: 'inlineString', value: pem } })
}

/** The exact name, in the kind of subject alternative name that it looks like. */
export function subjectAltName(name: string): SubjectAltNameMatcher {
  const sanType = name.includes('://') ? SanType.URI : isIP(name) ? SanType.IP_ADDRESS : SanType.DNS
  return SubjectAltNameMatcher.fromPartial({ sanType, matcher: { matchPattern: { $case: 'exact', value: name } } })
}

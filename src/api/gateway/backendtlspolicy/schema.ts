/** BackendTLSPolicy: that a Service speaks TLS, and how its certificate is checked. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { mapOf, message } from '../../schema/message.ts'
import { LocalObjectReference } from '../references.ts'
import { group, kind, objectName, preciseHostname, sectionName } from '../values.ts'

const SubjectAltName = message(
  {
    hostname: Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      title: 'a host name',
    }),
    uri: Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: '^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\\?([^#]*))?(#(.*))?',
      title: 'a URI with scheme and authority',
    }),
  },
  { type: Type.Enum(['Hostname', 'URI']) },
  cel(
    [
      "!(self.type == 'Hostname' && (!has(self.hostname) || self.hostname == ''))",
      'SubjectAltName element must contain Hostname, if Type is set to Hostname',
    ],
    [
      "!(self.type != 'Hostname' && has(self.hostname) && self.hostname != '')",
      'SubjectAltName element must not contain Hostname, if Type is not set to Hostname',
    ],
    [
      "!(self.type == 'URI' && (!has(self.uri) || self.uri == ''))",
      'SubjectAltName element must contain URI, if Type is set to URI',
    ],
    [
      "!(self.type != 'URI' && has(self.uri) && self.uri != '')",
      'SubjectAltName element must not contain URI, if Type is not set to URI',
    ],
  ),
)

export const BackendTlsValidation = message(
  {
    caCertificateRefs: Type.Array(LocalObjectReference, {
      maxItems: 8,
      description: 'ConfigMaps or Secrets with the key ca.crt',
    }),
    wellKnownCACertificates: Type.String({
      minLength: 1,
      maxLength: 253,
      pattern:
        '^(System|([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]))$',
      title: '"System"',
      description: "System: the authorities that the proxy's machine trusts",
    }),
    subjectAltNames: Type.Array(SubjectAltName, { maxItems: 5, description: 'any of them, instead of the hostname' }),
  },
  { hostname: preciseHostname({ description: 'the server name that is asked for, and the name the certificate must have' }) },
  cel(
    [
      '!(has(self.caCertificateRefs) && size(self.caCertificateRefs) > 0 && has(self.wellKnownCACertificates) && self.wellKnownCACertificates != "")',
      'must not contain both caCertificateRefs and wellKnownCACertificates',
    ],
    [
      '(has(self.caCertificateRefs) && size(self.caCertificateRefs) > 0 || has(self.wellKnownCACertificates) && self.wellKnownCACertificates != "")',
      'must specify either caCertificateRefs or wellKnownCACertificates',
    ],
  ),
)
export type BackendTlsValidation = Static<typeof BackendTlsValidation>

export const BackendTlsPolicySpec = message(
  { options: mapOf(Type.String({ maxLength: 4096 }), { maxProperties: 16, description: 'mizzen reads none' }) },
  {
    targetRefs: Type.Array(
      message(
        { sectionName: sectionName({ description: 'a port of the Service, by name' }) },
        { group: group(), kind: kind(), name: objectName() },
      ),
      {
        minItems: 1,
        maxItems: 16,
        ...cel(
          [
            "self.all(p1, self.all(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name ? (has(p1.sectionName) && p1.sectionName != '') == (has(p2.sectionName) && p2.sectionName != '') : true))",
            'sectionName must be specified when targetRefs includes 2 or more references to the same target',
          ],
          [
            "self.all(p1, self.exists_one(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && ((!has(p1.sectionName) || p1.sectionName == '') == (!has(p2.sectionName) || p2.sectionName == '')) && ((!has(p1.sectionName) && !has(p2.sectionName)) || (has(p1.sectionName) && has(p2.sectionName) && p1.sectionName == p2.sectionName))))",
            'sectionName must be unique when targetRefs includes 2 or more references to the same target',
          ],
        ),
      },
    ),
    validation: BackendTlsValidation,
  },
)
export type BackendTlsPolicySpec = Static<typeof BackendTlsPolicySpec>

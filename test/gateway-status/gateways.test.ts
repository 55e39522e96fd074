/** What Gateways and their listeners are told, rule by rule. Cases are called after what the Gateway API's conformance suite looks at. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileText, edge, object, statusesOf } from './statuses.ts'

const CLASS = object('GatewayClass', 'mizzen', '{controllerName: mizzen.dev/gateway-controller}', '')
const HTTP = '{name: web, port: 80, protocol: HTTP}'
const KINDS = 'HTTPRoute+GRPCRoute'
const FRONT = 'address Hostname front.shop.svc.cluster.local'
const https = (tls: string, more = '') => `{name: tls, port: 443, protocol: HTTPS, ${more} tls: ${tls}}`
const PAIR = '{certificateRefs: [{name: pair}]}'
const grant = (kind: string, to: string) =>
  object(
    'ReferenceGrant',
    'grant',
    `{from: [{group: gateway.networking.k8s.io, kind: ${kind}, namespace: shop}], to: [${to}]}`,
    'namespace: bank',
  )
const refused = (listener: string, reason: string) => [
  FRONT,
  `${listener}: 0 of ${KINDS}`,
  `${listener}: Programmed False Invalid`,
  `${listener}: ResolvedRefs False ${reason}`,
]

const cases: readonly { name: string; given: readonly string[]; gateway: readonly string[] }[] = [
  { name: 'nothing is wrong', given: [edge(HTTP)], gateway: [FRONT, `web: 0 of ${KINDS}`] },
  {
    name: 'an unknown kind of route is the only one asked for',
    given: [edge('{name: web, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: NoRoute}]}}')],
    gateway: [FRONT, 'web: 0 of nothing', 'web: ResolvedRefs False InvalidRouteKinds'],
  },
  {
    name: 'an unknown kind of route is asked for beside a known one',
    given: [edge('{name: web, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: NoRoute}, {kind: HTTPRoute}]}}')],
    gateway: [FRONT, 'web: 0 of HTTPRoute', 'web: ResolvedRefs False InvalidRouteKinds'],
  },
  {
    name: 'a kind of route is asked for in the wrong group',
    given: [edge('{name: web, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: HTTPRoute, group: example.com}]}}')],
    gateway: [FRONT, 'web: 0 of nothing', 'web: ResolvedRefs False InvalidRouteKinds'],
  },
  {
    name: 'a certificate does not exist',
    given: [edge(https('{certificateRefs: [{name: nobody}]}'))],
    gateway: refused('tls', 'InvalidCertificateRef'),
  },
  {
    name: 'a certificate is named in another group',
    given: [edge(https('{certificateRefs: [{name: pair, group: example.com}]}'))],
    gateway: refused('tls', 'InvalidCertificateRef'),
  },
  {
    name: 'a certificate is not a Secret',
    given: [edge(https('{certificateRefs: [{name: authorities, kind: ConfigMap}]}'))],
    gateway: refused('tls', 'InvalidCertificateRef'),
  },
  {
    name: 'a certificate cannot be read',
    given: [edge(https('{certificateRefs: [{name: malformed}]}'))],
    gateway: refused('tls', 'InvalidCertificateRef'),
  },
  {
    name: 'a certificate of another namespace is not granted',
    given: [edge(https('{certificateRefs: [{name: pair, namespace: bank}]}'))],
    gateway: refused('tls', 'RefNotPermitted'),
  },
  {
    name: 'a certificate of another namespace is neither granted nor there',
    given: [edge(https('{certificateRefs: [{name: nobody, namespace: bank}]}'))],
    gateway: refused('tls', 'RefNotPermitted'),
  },
  {
    name: 'certificates are granted to another kind',
    given: [edge(https('{certificateRefs: [{name: pair, namespace: bank}]}')), grant('HTTPRoute', '{group: "", kind: Secret}')],
    gateway: refused('tls', 'RefNotPermitted'),
  },
  {
    name: 'another certificate is granted',
    given: [
      edge(https('{certificateRefs: [{name: pair, namespace: bank}]}')),
      grant('Gateway', '{group: "", kind: Secret, name: other}'),
    ],
    gateway: refused('tls', 'RefNotPermitted'),
  },
  {
    name: 'all certificates of the namespace are granted',
    given: [edge(https('{certificateRefs: [{name: pair, namespace: bank}]}')), grant('Gateway', '{group: "", kind: Secret}')],
    gateway: [FRONT, `tls: 0 of ${KINDS}`],
  },
  {
    name: 'this certificate is granted',
    given: [
      edge(https('{certificateRefs: [{name: pair, namespace: bank}]}')),
      grant('Gateway', '{group: "", kind: Secret, name: pair}'),
    ],
    gateway: [FRONT, `tls: 0 of ${KINDS}`],
  },
  {
    name: 'the only listener has a protocol that is not served',
    given: [edge('{name: odd, port: 80, protocol: example.com/odd}')],
    gateway: [
      'Accepted False ListenersNotValid',
      'Programmed False Invalid',
      FRONT,
      'odd: 0 of nothing',
      'odd: Accepted False UnsupportedProtocol',
      'odd: Programmed False Invalid',
    ],
  },
  {
    name: 'one of two listeners has a protocol that is not served',
    given: [edge(`{name: odd, port: 8080, protocol: example.com/odd}, ${HTTP}`)],
    gateway: [
      'Accepted True ListenersNotValid',
      FRONT,
      'odd: 0 of nothing',
      'odd: Accepted False UnsupportedProtocol',
      'odd: Programmed False Invalid',
      `web: 0 of ${KINDS}`,
    ],
  },
  {
    name: 'two listeners of one port speak different protocols',
    given: [edge(`${HTTP}, {name: bytes, port: 80, protocol: TCP}`)],
    gateway: [
      'Accepted False ListenersNotValid',
      'Programmed False Invalid',
      FRONT,
      `web: 0 of ${KINDS}`,
      'web: Accepted False ProtocolConflict',
      'web: Conflicted True ProtocolConflict',
      'web: Programmed False ProtocolConflict',
      'bytes: 0 of TCPRoute',
      'bytes: Accepted False ProtocolConflict',
      'bytes: Conflicted True ProtocolConflict',
      'bytes: Programmed False ProtocolConflict',
    ],
  },
  {
    name: 'two listeners of one port end TLS for one host',
    given: [edge(`${https(PAIR)}, {name: pass, port: 443, protocol: TLS, tls: {mode: Passthrough}}, ${HTTP}`)],
    gateway: [
      'Accepted True ListenersNotValid',
      FRONT,
      `tls: 0 of ${KINDS}`,
      'tls: Accepted False HostnameConflict',
      'tls: Conflicted True HostnameConflict',
      'tls: Programmed False HostnameConflict',
      'pass: 0 of TLSRoute',
      'pass: Accepted False HostnameConflict',
      'pass: Conflicted True HostnameConflict',
      'pass: Programmed False HostnameConflict',
      `web: 0 of ${KINDS}`,
    ],
  },
  {
    name: 'infrastructure parameters do not exist',
    given: [edge(HTTP, 'infrastructure: {parametersRef: {group: "", kind: ConfigMap, name: nobody}}')],
    gateway: ['Accepted False InvalidParameters', FRONT, `web: 0 of ${KINDS}`],
  },
  {
    name: 'an address is of a kind that nobody has',
    given: [edge(HTTP).replace('type: Hostname, value: front', 'type: example.com/odd, value: x')],
    gateway: ['Accepted False UnsupportedAddress', 'Programmed False UnsupportedAddress', `web: 0 of ${KINDS}`],
  },
  {
    name: 'an address beside a good one is of a kind that nobody has',
    given: [edge(HTTP).replace('[{type: Hostname', '[{type: example.com/odd, value: x}, {type: Hostname')],
    gateway: ['Accepted False UnsupportedAddress', FRONT, `web: 0 of ${KINDS}`],
  },
  {
    name: 'an address names no Service',
    given: [edge(HTTP).replace('value: front', 'value: nobody')],
    gateway: ['Programmed False AddressNotUsable', `web: 0 of ${KINDS}`],
  },
  {
    name: 'an address names a Service of another namespace',
    given: [edge(HTTP).replace('value: front', 'value: vault.bank.svc.cluster.local')],
    gateway: ['Programmed False AddressNotUsable', `web: 0 of ${KINDS}`],
  },
  {
    name: 'the Service of the address has no such port',
    given: [edge('{name: web, port: 81, protocol: HTTP}')],
    gateway: ['Programmed False AddressNotUsable', `web: 0 of ${KINDS}`],
  },
  {
    name: 'clients without a valid certificate are let in',
    given: [
      edge(
        https(PAIR),
        'tls: {frontend: {default: {validation: {mode: AllowInsecureFallback, caCertificateRefs: [{group: "", kind: ConfigMap, name: authorities}]}}}}',
      ),
    ],
    gateway: ['InsecureFrontendValidationMode True ConfigurationChanged', FRONT, `tls: 0 of ${KINDS}`],
  },
  {
    name: 'authorities for client certificates do not exist: the HTTPS listener suffers alone',
    given: [
      edge(
        `${https(PAIR)}, ${HTTP}`,
        'tls: {frontend: {default: {validation: {caCertificateRefs: [{group: "", kind: ConfigMap, name: nobody}]}}}}',
      ),
    ],
    gateway: [
      'Accepted True ListenersNotValid',
      FRONT,
      `tls: 0 of ${KINDS}`,
      'tls: Accepted False NoValidCACertificate',
      'tls: Programmed False Invalid',
      'tls: ResolvedRefs False InvalidCACertificateRef',
      `web: 0 of ${KINDS}`,
    ],
  },
  {
    name: 'authorities of a port are of another kind, those of the others good',
    given: [
      edge(
        `${https(PAIR)}, {name: other, port: 8080, protocol: HTTPS, tls: ${PAIR}}`,
        'tls: {frontend: {default: {validation: {caCertificateRefs: [{group: "", kind: ConfigMap, name: authorities}]}}, perPort: [{port: 443, tls: {validation: {caCertificateRefs: [{group: "", kind: Pod, name: x}]}}}]}}',
      ),
    ],
    gateway: [
      'Accepted True ListenersNotValid',
      FRONT,
      `tls: 0 of ${KINDS}`,
      'tls: Accepted False NoValidCACertificate',
      'tls: Programmed False Invalid',
      'tls: ResolvedRefs False InvalidCACertificateKind',
      `other: 0 of ${KINDS}`,
    ],
  },
  {
    name: 'one of two authorities is not granted: the other is enough',
    given: [
      edge(
        https(PAIR),
        'tls: {frontend: {default: {validation: {caCertificateRefs: [{group: "", kind: ConfigMap, name: authorities, namespace: bank}, {group: "", kind: ConfigMap, name: authorities}]}}}}',
      ),
    ],
    gateway: [FRONT, `tls: 0 of ${KINDS}`, 'tls: ResolvedRefs False RefNotPermitted'],
  },
  {
    name: 'the certificate for backends does not exist',
    given: [edge(HTTP, 'tls: {backend: {clientCertificateRef: {name: nobody}}}')],
    gateway: ['ResolvedRefs False InvalidClientCertificateRef', FRONT, `web: 0 of ${KINDS}`],
  },
  {
    name: 'the certificate for backends is not granted',
    given: [edge(HTTP, 'tls: {backend: {clientCertificateRef: {name: pair, namespace: bank}}}')],
    gateway: ['ResolvedRefs False RefNotPermitted', FRONT, `web: 0 of ${KINDS}`],
  },
  {
    name: 'the certificate for backends is good',
    given: [edge(HTTP, 'tls: {backend: {clientCertificateRef: {name: pair}}}')],
    gateway: [FRONT, `web: 0 of ${KINDS}`],
  },
]

for (const { name, given, gateway } of cases) {
  test(`Gateway status: ${name}`, () => assert.deepEqual(statusesOf(...given)['Gateway edge'], gateway))
}

test('GatewayClass status: accepted, with sorted features', () => {
  const { statuses } = compileText(CLASS)
  const [status] = statuses
  assert.equal(status?.conditions?.[0]?.type, 'Accepted')
  const names = (status?.supportedFeatures ?? []).map(feature => feature.name)
  assert.ok(names.length > 10 && names.length <= 64)
  assert.deepEqual(names, [...names].sort())
})

test('Gateways and classes of other controllers get no status', () => {
  const other = object('GatewayClass', 'other', '{controllerName: example.com/other}', '')
  assert.deepEqual(statusesOf(other, edge(HTTP).replace('gatewayClassName: mizzen', 'gatewayClassName: other')), {})
})

test('Gateway status: without addresses, the Service of its own pods is reported, or that there is none', () => {
  const own = '{apiVersion: v1, kind: Service, metadata: {name: edge-mizzen, namespace: shop}, spec: {ports: [{port: 80}]}}'
  for (const addresses of ['', 'addresses: [{type: IPAddress}]', 'addresses: [{type: Hostname}]']) {
    const gateway = edge(HTTP).replace('addresses: [{type: Hostname, value: front}]', addresses)
    assert.deepEqual(statusesOf(gateway)['Gateway edge'], ['Programmed False AddressNotUsable', `web: 0 of ${KINDS}`])
    assert.deepEqual(statusesOf(gateway, own)['Gateway edge'], [
      'address Hostname edge-mizzen.shop.svc.cluster.local',
      `web: 0 of ${KINDS}`,
    ])
  }
})

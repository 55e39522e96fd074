/** What BackendTLSPolicies and ListenerSets are told, rule by rule. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileText, edge, object, statusesOf } from './statuses.ts'

const WEB = edge('{name: web, port: 80, protocol: HTTP}')
const ROUTE = object('HTTPRoute', 'r', '{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: cart, port: 443}]}]}')
const policy = (name: string, validation: string, target = '', day = 1) =>
  object(
    'BackendTLSPolicy',
    name,
    `{targetRefs: [{group: "", kind: Service, name: cart${target}}], validation: {hostname: cart.example, ${validation}}}`,
    `namespace: shop, creationTimestamp: "2026-01-0${day}T00:00:00Z"`,
  )
const authorities = (kind: string, name: string) => `caCertificateRefs: [{group: "", kind: ${kind}, name: ${name}}]`
const GOOD = authorities('ConfigMap', 'authorities')

const policies: readonly { name: string; given: readonly string[]; policy: readonly string[] }[] = [
  { name: 'nothing is wrong', given: [policy('p', GOOD)], policy: [] },
  {
    name: 'the authority does not exist',
    given: [policy('p', authorities('ConfigMap', 'nobody'))],
    policy: ['edge: Accepted False NoValidCACertificate', 'edge: ResolvedRefs False InvalidCACertificateRef'],
  },
  {
    name: 'the authority cannot be read',
    given: [policy('p', authorities('ConfigMap', 'malformed'))],
    policy: ['edge: Accepted False NoValidCACertificate', 'edge: ResolvedRefs False InvalidCACertificateRef'],
  },
  {
    name: 'the authority is of another kind',
    given: [policy('p', authorities('Service', 'cart'))],
    policy: ['edge: Accepted False NoValidCACertificate', 'edge: ResolvedRefs False InvalidKind'],
  },
  {
    name: 'one of two authorities does not exist',
    given: [policy('p', `${GOOD.slice(0, -1)}, {group: "", kind: ConfigMap, name: nobody}]`)],
    policy: ['edge: ResolvedRefs False InvalidCACertificateRef'],
  },
  {
    name: 'an unknown set of authorities',
    given: [policy('p', 'wellKnownCACertificates: example.com/mine')],
    policy: ['edge: Accepted False Invalid'],
  },
  {
    name: 'an older policy has the same target',
    given: [policy('older', GOOD), policy('p', GOOD, '', 2)],
    policy: ['edge: Accepted False Conflicted'],
  },
  {
    name: 'an older policy has the whole Service',
    given: [policy('older', GOOD), policy('p', GOOD, ', sectionName: https', 2)],
    policy: [],
  },
  { name: 'a younger policy has the same target', given: [policy('p', GOOD), policy('younger', GOOD, '', 2)], policy: [] },
]

for (const { name, given, policy: expected } of policies) {
  test(`BackendTLSPolicy status: ${name}`, () =>
    assert.deepEqual(statusesOf(WEB, ROUTE, ...given)['BackendTLSPolicy p'], expected))
}

test('BackendTLSPolicy status: the hosts of a ServiceEntry can be its target, those of other namespaces cannot', () => {
  const entry = (host: string) =>
    object('ServiceEntry', 'outside', `{hosts: [${host}], ports: [{number: 443, name: http, protocol: HTTP}], resolution: DNS}`)
  const toEntry = (host: string) =>
    object(
      'HTTPRoute',
      'r',
      `{parentRefs: [{name: edge}], rules: [{backendRefs: [{group: networking.istio.io, kind: Hostname, name: ${host}, port: 443}]}]}`,
    )
  const own = policy('p', GOOD).replace(
    'group: "", kind: Service, name: cart',
    'group: networking.istio.io, kind: ServiceEntry, name: outside',
  )
  const given = (host: string) => [WEB, entry(host), toEntry(host), own]
  assert.deepEqual(statusesOf(...given('a.outside.example'))['BackendTLSPolicy p'], [])
  const ancestors = compileText(...given('a.outside.example')).statuses.flatMap(status => status.ancestors ?? [])
  assert.deepEqual(
    ancestors.map(({ ancestorRef }) => ancestorRef.name),
    ['edge'],
  )
  const foreign = compileText(...given('vault.bank.svc.cluster.local')).mesh.trafficRules
  assert.deepEqual(
    foreign.filter(rule => rule.name === 'p'),
    [],
  )
})

test('BackendTLSPolicy status: has an ancestor for each Gateway that leads there, and none without', () => {
  const { statuses } = compileText(WEB, policy('p', GOOD))
  assert.deepEqual(statuses.find(status => status.object.kind === 'BackendTLSPolicy')?.ancestors, [])
  const mirrored = ROUTE.replace(
    'backendRefs: [{name: cart, port: 443}]',
    'filters: [{type: RequestMirror, requestMirror: {backendRef: {name: cart, port: 443}}}], backendRefs: [{name: front, port: 80}]',
  )
  const found = compileText(WEB, mirrored, policy('p', GOOD)).statuses.find(status => status.object.kind === 'BackendTLSPolicy')
  assert.deepEqual(
    found?.ancestors?.map(({ ancestorRef }) => ancestorRef.name),
    ['edge'],
  )
})

const gateway = (allowed: string) =>
  edge('{name: web, port: 80, protocol: HTTP}', allowed && `allowedListeners: {namespaces: ${allowed}}`)
const set = (name: string, listeners: string, namespace = 'shop', day = 1) =>
  object(
    'ListenerSet',
    name,
    `{parentRef: {name: edge, namespace: shop}, listeners: [${listeners}]}`,
    `namespace: ${namespace}, creationTimestamp: "2026-01-0${day}T00:00:00Z"`,
  )
const MORE = '{name: more, port: 8080, protocol: HTTP}'
const KINDS = 'HTTPRoute+GRPCRoute'
const NOT_ALLOWED = ['Accepted False NotAllowed', 'Programmed False NotAllowed']
const lost = (reason: string, kinds = KINDS) => [
  `more: 0 of ${kinds}`,
  `more: Accepted False ${reason}`,
  `more: Conflicted True ${reason}`,
  `more: Programmed False ${reason}`,
]

const sets: readonly { name: string; given: readonly string[]; set: readonly string[]; attached: number }[] = [
  { name: 'nothing is said about namespaces', given: [gateway(''), set('s', MORE)], set: NOT_ALLOWED, attached: 0 },
  { name: 'no namespace is allowed', given: [gateway('{from: None}'), set('s', MORE)], set: NOT_ALLOWED, attached: 0 },
  {
    name: 'its own namespace is allowed',
    given: [gateway('{from: Same}'), set('s', MORE)],
    set: [`more: 0 of ${KINDS}`],
    attached: 1,
  },
  {
    name: 'only its own namespace is allowed',
    given: [gateway('{from: Same}'), set('s', MORE, 'bank')],
    set: NOT_ALLOWED,
    attached: 0,
  },
  {
    name: 'a label is asked for',
    given: [gateway('{from: Selector, selector: {matchLabels: {team: bank}}}'), set('s', MORE, 'bank')],
    set: [`more: 0 of ${KINDS}`],
    attached: 1,
  },
  {
    name: 'another label is asked for',
    given: [gateway('{from: Selector, selector: {matchLabels: {team: other}}}'), set('s', MORE, 'bank')],
    set: NOT_ALLOWED,
    attached: 0,
  },
  {
    name: 'the Gateway has the host',
    given: [gateway('{from: All}'), set('s', '{name: more, port: 80, protocol: HTTP}')],
    set: ['Accepted False ListenersNotValid', 'Programmed False ListenersNotValid', ...lost('HostnameConflict')],
    attached: 0,
  },
  {
    name: 'the Gateway has the port with another protocol, and another listener is good',
    given: [gateway('{from: All}'), set('s', '{name: more, port: 80, protocol: TCP}, {name: good, port: 8080, protocol: HTTP}')],
    set: ['Accepted True ListenersNotValid', ...lost('ProtocolConflict', 'TCPRoute'), `good: 0 of ${KINDS}`],
    attached: 1,
  },
  {
    name: 'the Gateway has the port with another protocol, and another listener is good on that port',
    given: [
      gateway('{from: All}'),
      set('s', '{name: more, port: 80, protocol: TCP}, {name: good, port: 80, protocol: HTTP, hostname: good.example}'),
    ],
    set: ['Accepted True ListenersNotValid', ...lost('ProtocolConflict', 'TCPRoute'), `good: 0 of ${KINDS}`],
    attached: 1,
  },
  {
    name: 'an older set has the host',
    given: [gateway('{from: All}'), set('older', MORE), set('s', MORE, 'shop', 2)],
    set: ['Accepted False ListenersNotValid', 'Programmed False ListenersNotValid', ...lost('HostnameConflict')],
    attached: 1,
  },
  {
    name: 'an older set that is not allowed takes nothing',
    given: [gateway('{from: Same}'), set('older', MORE, 'bank'), set('s', MORE, 'shop', 2)],
    set: [`more: 0 of ${KINDS}`],
    attached: 1,
  },
  {
    name: 'kinds of routes that nobody knows',
    given: [
      gateway('{from: All}'),
      set('s', '{name: more, port: 8080, protocol: HTTP, allowedRoutes: {kinds: [{kind: NoRoute}]}}'),
    ],
    set: ['more: 0 of nothing', 'more: ResolvedRefs False InvalidRouteKinds'],
    attached: 1,
  },
  {
    name: 'a certificate of the Gateway needs a grant for the set',
    given: [
      gateway('{from: All}'),
      set('s', '{name: more, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: pair, namespace: shop}]}}', 'bank'),
    ],
    set: [
      'Accepted False ListenersNotValid',
      'Programmed False ListenersNotValid',
      `more: 0 of ${KINDS}`,
      'more: Programmed False Invalid',
      'more: ResolvedRefs False RefNotPermitted',
    ],
    attached: 0,
  },
  {
    name: 'a certificate is looked for beside the set',
    given: [
      gateway('{from: All}'),
      set('s', '{name: more, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: pair}]}}', 'bank'),
    ],
    set: [`more: 0 of ${KINDS}`],
    attached: 1,
  },
]

for (const { name, given, set: expected, attached } of sets) {
  test(`ListenerSet status: ${name}`, () => {
    const statuses = statusesOf(...given)
    assert.deepEqual(statuses['ListenerSet s'], expected)
    assert.ok(statuses['Gateway edge']?.includes(`sets ${attached}`), String(statuses['Gateway edge']))
  })
}

test('a route for a Gateway does not reach the listeners of its sets, and the other way round', () => {
  const route = (name: string, parent: string) =>
    object('HTTPRoute', name, `{parentRefs: [${parent}], rules: [{backendRefs: [{name: cart, port: 80}]}]}`)
  const statuses = statusesOf(
    gateway('{from: All}'),
    set('s', MORE),
    route('a', '{name: edge}'),
    route('b', '{kind: ListenerSet, name: s}'),
    route('c', '{name: edge, sectionName: more}'),
    route('d', '{kind: ListenerSet, name: s, sectionName: web}'),
  )
  assert.ok(statuses['Gateway edge']?.includes(`web: 1 of ${KINDS}`))
  assert.deepEqual(statuses['ListenerSet s'], [`more: 1 of ${KINDS}`])
  assert.deepEqual(statuses['HTTPRoute a'], [])
  assert.deepEqual(statuses['HTTPRoute b'], [])
  assert.deepEqual(statuses['HTTPRoute c'], ['edge/more: Accepted False NoMatchingParent'])
  assert.deepEqual(statuses['HTTPRoute d'], ['s/web: Accepted False NoMatchingParent'])
})

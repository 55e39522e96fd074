/** What routes are told of each parent, rule by rule. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileText, edge, object, statusesOf } from './statuses.ts'

const WEB = edge('{name: web, port: 80, protocol: HTTP, hostname: "*.example"}, {name: other, port: 8080, protocol: HTTP}')
const parents = (refs: string) => `parentRefs: [${refs}]`
const http = (spec: string, meta = 'namespace: shop', name = 'r') => object('HTTPRoute', name, `{${spec}}`, meta)
const to = (backend: string) => `rules: [{backendRefs: [${backend}]}]`
const CART = to('{name: cart, port: 80}')
const grant = (kind: string, target: string) =>
  object(
    'ReferenceGrant',
    'grant',
    `{from: [{group: gateway.networking.k8s.io, kind: ${kind}, namespace: shop}], to: [${target}]}`,
    'namespace: bank',
  )
const backend = (ref: string, more: readonly string[] = []) => [WEB, http(`${parents('{name: edge}')}, ${to(ref)}`), ...more]
const filter = (filters: string) => `{filters: [${filters}], backendRefs: [{name: cart, port: 80}]}`
const EXTENSION = '{type: ExtensionRef, extensionRef: {group: example.com, kind: Thing, name: x}}'

const cases: readonly { name: string; given: readonly string[]; route: readonly string[] | undefined; kind?: string }[] = [
  { name: 'nothing is wrong', given: backend('{name: cart, port: 80}'), route: [] },
  { name: 'no backends', given: [WEB, http(`${parents('{name: edge}')}, rules: [{}]`)], route: [] },
  {
    name: 'a backend does not exist',
    given: backend('{name: nobody, port: 80}'),
    route: ['edge: ResolvedRefs False BackendNotFound'],
  },
  {
    name: 'a backend is of an unknown kind',
    given: backend('{name: cart, kind: Pod, port: 80}'),
    route: ['edge: ResolvedRefs False InvalidKind'],
  },
  {
    name: 'a backend is of an unknown group',
    given: backend('{name: cart, group: example.com, port: 80}'),
    route: ['edge: ResolvedRefs False InvalidKind'],
  },
  {
    name: 'a backend of another namespace is not granted',
    given: backend('{name: vault, namespace: bank, port: 80}'),
    route: ['edge: ResolvedRefs False RefNotPermitted'],
  },
  {
    name: 'a backend is granted to another kind of route',
    given: backend('{name: vault, namespace: bank, port: 80}', [grant('GRPCRoute', '{group: "", kind: Service}')]),
    route: ['edge: ResolvedRefs False RefNotPermitted'],
  },
  {
    name: 'another backend is granted',
    given: backend('{name: vault, namespace: bank, port: 80}', [grant('HTTPRoute', '{group: "", kind: Service, name: other}')]),
    route: ['edge: ResolvedRefs False RefNotPermitted'],
  },
  {
    name: 'the backend is granted by name',
    given: backend('{name: vault, namespace: bank, port: 80}', [grant('HTTPRoute', '{group: "", kind: Service, name: vault}')]),
    route: [],
  },
  {
    name: 'a backend of an unknown kind in another namespace is not granted: the grant is asked for first',
    given: backend('{name: vault, kind: Pod, namespace: bank, port: 80}'),
    route: ['edge: ResolvedRefs False RefNotPermitted'],
  },
  {
    name: 'a backend is a service of several clusters',
    given: backend('{group: multicluster.x-k8s.io, kind: ServiceImport, name: cart, port: 80}'),
    route: [],
  },
  {
    name: 'a service of several clusters does not exist',
    given: backend('{group: multicluster.x-k8s.io, kind: ServiceImport, name: nobody, port: 80}'),
    route: ['edge: ResolvedRefs False BackendNotFound'],
  },
  {
    name: 'a backend is named by its host, not by its name',
    given: backend('{name: cart.shop.svc.cluster.local, port: 80}'),
    route: ['edge: ResolvedRefs False InvalidDestination'],
  },
  {
    name: 'of several reasons the last reference counts',
    given: backend('{name: nobody, port: 80}, {name: cart, kind: Pod, port: 80}'),
    route: ['edge: ResolvedRefs False InvalidKind'],
  },
  {
    name: 'one of two backends does not exist',
    given: backend('{name: cart, port: 80}, {name: nobody, port: 80}'),
    route: ['edge: ResolvedRefs False BackendNotFound'],
  },
  {
    name: 'a mirror does not exist',
    given: [
      WEB,
      http(
        `${parents('{name: edge}')}, rules: [${filter('{type: RequestMirror, requestMirror: {backendRef: {name: nobody, port: 80}}}')}]`,
      ),
    ],
    route: ['edge: ResolvedRefs False BackendNotFound'],
  },
  {
    name: 'the only rule has a filter that nobody knows',
    given: [WEB, http(`${parents('{name: edge}')}, rules: [${filter(EXTENSION)}]`)],
    route: ['edge: ResolvedRefs False InvalidFilter'],
  },
  {
    name: 'one of two rules has a filter that nobody knows',
    given: [WEB, http(`${parents('{name: edge}')}, rules: [${filter(EXTENSION)}, {backendRefs: [{name: cart, port: 80}]}]`)],
    route: ['edge: ResolvedRefs False InvalidFilter'],
  },
  {
    name: 'one backend among several has a filter that cannot be had for it alone',
    given: backend(
      '{name: cart, port: 80}, {name: cart, port: 443, filters: [{type: URLRewrite, urlRewrite: {hostname: a.example}}]}',
    ),
    route: ['edge: ResolvedRefs False InvalidFilter'],
  },
  {
    name: 'one backend among several changes headers',
    given: backend(
      '{name: cart, port: 80}, {name: cart, port: 443, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}]}}]}',
    ),
    route: [],
  },
  {
    name: 'neither a backend nor a mirror can be had: the backend matters more',
    given: [
      WEB,
      http(
        `${parents('{name: edge}')}, rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: nobody, port: 80}}}], backendRefs: [{name: x, kind: Pod, port: 80}]}]`,
      ),
    ],
    route: ['edge: ResolvedRefs False InvalidKind'],
  },
  { name: 'the Gateway does not exist', given: [http(`${parents('{name: nobody}')}, ${CART}`)], route: undefined },
  {
    name: 'no listener has that name',
    given: [WEB, http(`${parents('{name: edge, sectionName: nobody}')}, ${CART}`)],
    route: ['edge/nobody: Accepted False NoMatchingParent'],
  },
  {
    name: 'no listener has that port',
    given: [WEB, http(`${parents('{name: edge, port: 81}')}, ${CART}`)],
    route: ['edge/81: Accepted False NoMatchingParent'],
  },
  {
    name: 'the listener of that name has another port',
    given: [WEB, http(`${parents('{name: edge, sectionName: web, port: 8080}')}, ${CART}`)],
    route: ['edge/web/8080: Accepted False NoMatchingParent'],
  },
  { name: 'a port is named', given: [WEB, http(`${parents('{name: edge, port: 8080}')}, ${CART}`)], route: [] },
  {
    name: 'a listener is for other hosts',
    given: [WEB, http(`${parents('{name: edge, sectionName: web}')}, hostnames: [a.elsewhere], ${CART}`)],
    route: ['edge/web: Accepted False NoMatchingListenerHostname'],
  },
  {
    name: 'a listener takes only routes of its own namespace; its backends are resolved all the same',
    given: [WEB, http(`${parents('{name: edge, namespace: shop}')}, ${to('{name: nobody, port: 80}')}`, 'namespace: bank')],
    route: ['edge: Accepted False NotAllowedByListeners', 'edge: ResolvedRefs False BackendNotFound'],
  },
  {
    name: 'a listener selects namespaces by label',
    given: [
      edge(
        '{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: bank}}}}}',
      ),
      http(`${parents('{name: edge, namespace: shop}')}, ${to('{name: vault, port: 80}')}`, 'namespace: bank'),
    ],
    route: [],
  },
  {
    name: 'a listener selects other namespaces',
    given: [
      edge(
        '{name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: shop}}}}}',
      ),
      http(`${parents('{name: edge, namespace: shop}')}, ${to('{name: vault, port: 80}')}`, 'namespace: bank'),
    ],
    route: ['edge: Accepted False NotAllowedByListeners'],
  },
  {
    name: 'all listeners are for another kind',
    given: [
      edge('{name: pass, port: 443, protocol: TLS, tls: {mode: Passthrough}}'),
      http(`${parents('{name: edge}')}, ${CART}`),
    ],
    route: ['edge: Accepted False NotAllowedByListeners'],
  },
  {
    name: 'a TLSRoute at an HTTP listener',
    kind: 'TLSRoute',
    given: [WEB, object('TLSRoute', 'r', `{${parents('{name: edge}')}, hostnames: [a.example], ${CART}}`)],
    route: ['edge: Accepted False NotAllowedByListeners'],
  },
  {
    name: 'a TCPRoute where TLS is passed through',
    kind: 'TCPRoute',
    given: [
      edge('{name: pass, port: 443, protocol: TLS, tls: {mode: Passthrough}}'),
      object('TCPRoute', 'r', `{${parents('{name: edge}')}, ${CART}}`),
    ],
    route: ['edge: Accepted False NotAllowedByListeners'],
  },
  {
    name: 'a UDPRoute finds no listener, for nobody serves UDP',
    kind: 'UDPRoute',
    given: [edge('{name: dns, port: 9000, protocol: UDP}'), object('UDPRoute', 'r', `{${parents('{name: edge}')}, ${CART}}`)],
    route: ['edge: Accepted False NotAllowedByListeners'],
  },
  {
    name: 'a Service is the parent',
    given: [http(`${parents('{group: "", kind: Service, name: cart}')}, ${CART}`)],
    route: [],
  },
  {
    name: 'a Service of another namespace is the parent and needs no grant for its backends',
    given: [
      http(
        `${parents('{group: "", kind: Service, name: vault, namespace: bank}')}, ${to('{name: vault, namespace: bank, port: 80}')}`,
      ),
    ],
    route: [],
  },
  {
    name: 'the parent Service does not exist',
    given: [http(`${parents('{group: "", kind: Service, name: nobody}')}, ${CART}`)],
    route: ['nobody: Accepted False NoMatchingParent', 'nobody: ResolvedWaypoints False NoMatchingParent'],
  },
  {
    name: 'the parent Service has no such port',
    given: [http(`${parents('{group: "", kind: Service, name: cart, port: 81}')}, ${CART}`)],
    route: ['cart/81: Accepted False NoMatchingParent'],
  },
  {
    name: 'the parent ServiceEntry does not exist',
    given: [http(`${parents('{group: networking.istio.io, kind: ServiceEntry, name: nobody}')}, ${CART}`)],
    route: ['nobody: Accepted False NoMatchingParent', 'nobody: ResolvedWaypoints False NoMatchingParent'],
  },
  {
    name: 'the parent is of a kind that cannot be one',
    given: [http(`${parents('{group: "", kind: Pod, name: cart}')}, ${CART}`)],
    route: undefined,
  },
  {
    name: 'a GRPCRoute of the same host is older',
    given: [
      WEB,
      object(
        'GRPCRoute',
        'older',
        `{${parents('{name: edge}')}, hostnames: [a.example], ${CART}}`,
        'namespace: shop, creationTimestamp: "2026-01-01T00:00:00Z"',
      ),
      http(
        `${parents('{name: edge, sectionName: web}')}, hostnames: ["*.example"], ${CART}`,
        'namespace: shop, creationTimestamp: "2026-01-02T00:00:00Z"',
      ),
    ],
    route: ['edge/web: Accepted False Conflicted'],
  },
  {
    name: 'a GRPCRoute has other hosts of the listener',
    given: [
      WEB,
      object('GRPCRoute', 'a', `{${parents('{name: edge}')}, hostnames: [a.example], ${CART}}`),
      http(`${parents('{name: edge, sectionName: web}')}, hostnames: [b.example], ${CART}`),
    ],
    route: [],
  },
]

for (const { name, given, route, kind = 'HTTPRoute' } of cases) {
  test(`route status: ${name}`, () => assert.deepEqual(statusesOf(...given)[`${kind} r`], route))
}

test('Gateway status: counts routes that are accepted, whether or not their backends are there', () => {
  const lines = statusesOf(
    WEB,
    http(`${parents('{name: edge}')}, hostnames: [a.example], ${CART}`),
    http(`${parents('{name: edge}')}, hostnames: [b.elsewhere], ${to('{name: nobody, port: 80}')}`, 'namespace: shop', 'q'),
    http(`${parents('{name: edge, sectionName: nobody}')}, ${CART}`, 'namespace: shop', 'p'),
  )['Gateway edge']
  assert.ok(lines?.includes('web: 1 of HTTPRoute+GRPCRoute'), String(lines))
  assert.ok(lines?.includes('other: 2 of HTTPRoute+GRPCRoute'), String(lines))
})

test('of several TCPRoutes on a listener all are accepted and counted, and the oldest gets the connections', () => {
  const route = (name: string, service: string, day: number) =>
    object(
      'TCPRoute',
      name,
      `{${parents('{name: edge}')}, ${to(`{name: ${service}, port: 80}`)}}`,
      `namespace: shop, creationTimestamp: "2026-01-0${day}T00:00:00Z"`,
    )
  const given = [edge('{name: bytes, port: 9000, protocol: TCP}'), route('a', 'nobody', 2), route('b', 'cart', 1)]
  assert.ok(statusesOf(...given)['Gateway edge']?.includes('bytes: 2 of TCPRoute'))
  const [set] = compileText(...given).mesh.routes.filter(entry => entry.tcp.length > 0)
  assert.deepEqual(
    set?.tcp[0]?.destinations.map(({ host }) => host),
    ['cart.shop.svc.cluster.local'],
  )
})

test('a route of a ServiceEntry is followed by the clients of all its hosts', () => {
  const entry = object(
    'ServiceEntry',
    'outside',
    '{hosts: [a.outside.example, b.outside.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}',
  )
  const given = [entry, http(`${parents('{group: networking.istio.io, kind: ServiceEntry, name: outside}')}, ${CART}`)]
  assert.deepEqual(statusesOf(...given)['HTTPRoute r'], [])
  const hosts = compileText(...given).mesh.routes.flatMap(set => set.hosts)
  assert.deepEqual([...hosts].sort(), ['a.outside.example', 'b.outside.example'])
})

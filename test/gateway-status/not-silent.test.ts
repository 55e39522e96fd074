/** What a Gateway and its policies ask for beside listeners: it has its effect, or a diagnostic says that it has none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describedNode, proxyOfNode } from '../../src/explain/proxies.ts'
import { ResourceCache, resourcesFor } from '../../src/xds/resources/proxy.ts'
import { bytesToJson } from '../../src/xds/wire/json.ts'
import { CLUSTER, type ResourceType, SECRET } from '../../src/xds/wire/type-url.ts'
import { compileText, edge, object } from './statuses.ts'

const WEB = '{name: web, port: 80, protocol: HTTP}'
const ROUTE = object('HTTPRoute', 'r', '{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: cart, port: 443}]}]}')
const POLICY = object(
  'BackendTLSPolicy',
  'p',
  '{targetRefs: [{group: "", kind: Service, name: cart}], validation: {hostname: cart.example, caCertificateRefs: [{group: "", kind: ConfigMap, name: authorities}]}}',
)
const CERTIFICATE = 'tls: {backend: {clientCertificateRef: {name: pair}}}'

/** The resources of a pod, as text, by name. */
function resourcesOf(type: ResourceType, node: object, ...texts: readonly string[]): Map<string, string> {
  const { mesh } = compileText(...texts)
  const proxy = proxyOfNode(mesh, describedNode(node, 'test'))
  const resources = [...(resourcesFor(mesh, proxy, new ResourceCache()).get(type)?.values() ?? [])]
  return new Map(resources.map(({ name, bytes }) => [name, JSON.stringify(bytesToJson(type, bytes))]))
}

const GATEWAY = {
  type: 'gateway',
  namespace: 'shop',
  ips: ['10.0.0.1'],
  labels: { 'gateway.networking.k8s.io/gateway-name': 'edge' },
}
const SIDECAR = { type: 'sidecar', namespace: 'shop', ips: ['10.0.0.2'], labels: {} }
const CLUSTER_NAME = 'outbound|443||cart.shop.svc.cluster.local'
const own = edge(WEB, CERTIFICATE).replace('addresses: [{type: Hostname, value: front}]', '')

test('a Gateway shows its certificate to backends that want TLS, and no sidecar does', () => {
  assert.match(resourcesOf(CLUSTER, GATEWAY, own, ROUTE, POLICY).get(CLUSTER_NAME) ?? '', /kubernetes-gateway:\/\/shop\/pair/)
  assert.ok([...resourcesOf(SECRET, GATEWAY, own, ROUTE, POLICY).keys()].includes('kubernetes-gateway://shop/pair'))
  const sidecar = resourcesOf(CLUSTER, SIDECAR, own, ROUTE, POLICY).get(CLUSTER_NAME) ?? ''
  assert.match(sidecar, /cart\.example/)
  assert.doesNotMatch(sidecar, /kubernetes-gateway/)
  assert.deepEqual([...resourcesOf(SECRET, SIDECAR, own, ROUTE, POLICY).keys()], [])
})

test('a Gateway shows no certificate to backends without a BackendTLSPolicy', () => {
  const plain = resourcesOf(CLUSTER, GATEWAY, own, ROUTE).get(CLUSTER_NAME) ?? ''
  assert.ok(plain)
  assert.doesNotMatch(plain, /kubernetes-gateway/)
})

const silent: readonly [what: string, message: RegExp, ...texts: string[]][] = [
  ['labels of the infrastructure', /infrastructure\.labels has no effect/, edge(WEB, 'infrastructure: {labels: {team: shop}}')],
  [
    'annotations of the infrastructure',
    /infrastructure\.annotations has no effect/,
    edge(WEB, 'infrastructure: {annotations: {team: shop}}'),
  ],
  [
    'options of a BackendTLSPolicy',
    /options "example.com\/a" has no effect/,
    POLICY.replace('validation:', 'options: {example.com/a: b}, validation:'),
  ],
  [
    'the idle time of a session',
    /idleTimeout has no effect/,
    edge(WEB),
    ROUTE.replace('rules: [{', 'rules: [{sessionPersistence: {type: Cookie, idleTimeout: 1m}, '),
  ],
  [
    'the age of a session whose cookie the browser forgets',
    /absoluteTimeout without a Permanent cookie has no effect/,
    edge(WEB),
    ROUTE.replace('rules: [{', 'rules: [{sessionPersistence: {type: Cookie, absoluteTimeout: 1h}, '),
  ],
]

for (const [what, message, ...texts] of silent) {
  test(`a diagnostic says that nothing comes of ${what}`, () => {
    const messages = compileText(...texts).diagnostics.map(diagnostic => diagnostic.message)
    assert.ok(
      messages.some(entry => message.test(entry)),
      messages.join('\n'),
    )
  })
}

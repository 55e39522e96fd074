/** What is told of Gateways that Istio has for its ambient mode and for other clusters, and mizzen does not serve. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileText, object, statusesOf } from './statuses.ts'

const MESH = '{name: mesh, port: 15008, protocol: HBONE}'
const OPTION = 'options: {gateway.istio.io/tls-terminate-mode: ISTIO_MUTUAL}'
const gateway = (className: string, listener: string, more = '') =>
  object('Gateway', 'g', `{gatewayClassName: ${className}, listeners: [${listener}] ${more}}`)
const UNUSED = 'Programmed False AddressNotUsable'
const ROUTE = object('HTTPRoute', 'r', '{parentRefs: [{name: g}], rules: [{backendRefs: [{name: cart, port: 80}]}]}')

const cases: readonly { name: string; given: readonly string[]; gateway: readonly string[] }[] = [
  { name: 'a waypoint', given: [gateway('istio-waypoint', MESH)], gateway: [UNUSED, 'mesh: 0 of nothing'] },
  {
    name: 'a waypoint with another listener',
    given: [gateway('istio-waypoint', '{name: web, port: 80, protocol: HTTP}')],
    gateway: [UNUSED, 'web: 0 of HTTPRoute+GRPCRoute', 'web: Accepted False UnsupportedProtocol'],
  },
  {
    name: 'a waypoint whose class has another name',
    given: [object('GatewayClass', 'own', '{controllerName: istio.io/mesh-controller}', ''), gateway('own', MESH)],
    gateway: [UNUSED, 'mesh: 0 of nothing'],
  },
  {
    name: 'a waypoint takes no routes',
    given: [gateway('istio-waypoint', MESH), ROUTE],
    gateway: [UNUSED, 'mesh: 0 of nothing'],
  },
  {
    name: 'a gateway to other networks',
    given: [gateway('istio-east-west', `{name: mesh, port: 15008, protocol: HBONE, tls: {mode: Terminate, ${OPTION}}}`)],
    gateway: [UNUSED, 'mesh: 0 of nothing'],
  },
  {
    name: 'a gateway to other networks that ends no TLS',
    given: [gateway('istio-east-west', MESH)],
    gateway: [UNUSED, 'mesh: 0 of nothing', 'mesh: Accepted False UnsupportedProtocol'],
  },
  {
    name: 'a gateway of another cluster: its addresses are what it says',
    given: [gateway('istio-remote', MESH, ', addresses: [{value: 192.0.2.7}]')],
    gateway: ['address IPAddress 192.0.2.7'],
  },
]

for (const { name, given, gateway: expected } of cases) {
  test(`Gateway status: ${name}`, () => {
    const statuses = statusesOf(...given)
    assert.deepEqual(statuses['Gateway g'], expected)
    assert.equal(statuses['HTTPRoute r'], undefined)
    assert.deepEqual(compileText(...given).mesh.gateways, [])
  })
}

test('a class that mizzen does not serve is accepted and marked, so that no cluster is told', () => {
  const { statuses } = compileText(object('GatewayClass', 'istio-waypoint', '{controllerName: istio.io/mesh-controller}', ''))
  assert.deepEqual(
    statuses.map(({ unserved, conditions }) => [unserved, conditions?.map(({ type, status }) => `${type} ${status}`)]),
    [[true, ['Accepted True']]],
  )
})

test('a waypoint takes no ListenerSets', () => {
  const set = object('ListenerSet', 's', `{parentRef: {name: g}, listeners: [${MESH}]}`)
  assert.deepEqual(statusesOf(gateway('istio-waypoint', MESH), set)['ListenerSet s'], [
    'Accepted False NotAllowed',
    'Programmed False NotAllowed',
  ])
})

test('a route of a Service tells whether clients of the ambient mode would follow it', () => {
  const route = (namespace: string, name: string) =>
    object(
      'HTTPRoute',
      'r',
      `{parentRefs: [{group: "", kind: Service, name: ${name}}], rules: [{backendRefs: [{name: ${name}, port: 80}]}]}`,
      `namespace: ${namespace}`,
    )
  const service = (namespace: string, labels = '') =>
    `{apiVersion: v1, kind: Service, metadata: {name: own, namespace: ${namespace}${labels}}, spec: {ports: [{port: 80}]}}`
  const namespaced = '{apiVersion: v1, kind: Namespace, metadata: {name: ambient, labels: {istio.io/use-waypoint: w}}}'
  const reasons = (...texts: readonly string[]) =>
    compileText(...texts).statuses.flatMap(({ parents = [] }) =>
      parents.flatMap(({ conditions }) =>
        conditions.filter(({ type }) => type === 'ResolvedWaypoints').map(({ reason }) => reason),
      ),
    )
  assert.deepEqual(reasons(route('shop', 'cart')), ['MissingUseWaypointLabel'])
  assert.deepEqual(reasons(service('shop', ', labels: {istio.io/use-waypoint: w}'), route('shop', 'own')), ['ResolvedWaypoints'])
  assert.deepEqual(reasons(namespaced, service('ambient'), route('ambient', 'own')), ['ResolvedWaypoints'])
})

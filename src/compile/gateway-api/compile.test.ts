import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { originWithoutFile } from '../../api/object.ts'
import { readObject } from '../../api/read.ts'
import { DEFAULT_SETTINGS } from '../../model/settings.ts'
import { Store } from '../../source/store.ts'
import { compile } from '../mesh.ts'

const EDGE = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: mizzen
  listeners: [{name: web, port: 80, protocol: HTTP, hostname: "*.example"}]
`
const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {ports: [{name: http, port: 80}]}
`
const route = (name: string, host: string, backend = 'cart') => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  hostnames: [${host}]
  rules: [{backendRefs: [{name: ${backend}, port: 80}]}]
`

function objectsOf(store: Store, source: ReturnType<Store['source']>, ...yaml: readonly string[]) {
  const objects = yaml.map(text => {
    const { object, findings } = readObject(parseAllDocuments(text)[0]?.toJS(), originWithoutFile('test'))
    assert.ok(object, JSON.stringify(findings))
    return object
  })
  source.publish(objects)
  return store.snapshot().objects
}

test('compile() makes the route set of a host again and no other when one HTTPRoute changes', () => {
  const store = new Store()
  const source = store.source()
  const first = objectsOf(store, source, EDGE, SERVICE, route('a', 'a.example'), route('b', 'b.example'))
  const before = compile(first)
  const [edge, service, a] = [first.KubernetesGateway[0], first.Service[0], first.HTTPRoute.find(each => each.name === 'a')]
  const changed = readObject(parseAllDocuments(route('b', 'b.example', 'nobody'))[0]?.toJS(), originWithoutFile('test')).object
  assert.ok(edge && service && a && changed)
  source.publish([edge, service, a, changed])
  const after = compile(store.snapshot().objects, {}, before)
  const setOf = (compiled: typeof before, host: string) => compiled.mesh.routes.find(set => set.hosts.includes(host))
  assert.ok(setOf(before, 'a.example'))
  assert.equal(setOf(after, 'a.example'), setOf(before, 'a.example'))
  assert.notEqual(setOf(after, 'b.example'), setOf(before, 'b.example'))
})

test('compile() tells a route of a listener for other hosts so, in its status and with a diagnostic', () => {
  const store = new Store()
  const { statuses, diagnostics } = compile(objectsOf(store, store.source(), EDGE, SERVICE, route('a', 'a.elsewhere')))
  const parents = statuses.find(status => status.object.kind === 'HTTPRoute')?.parents ?? []
  assert.deepEqual(
    parents.map(({ conditions }) => conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`)),
    [['Accepted False NoMatchingListenerHostname', 'ResolvedRefs True ResolvedRefs']],
  )
  assert.ok(diagnostics.some(({ code }) => code === 'NoMatchingListenerHostname'))
})

test('compile() never falls back to plaintext when a BackendTLSPolicy has no authority', () => {
  const policy = `
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: cart, namespace: shop}
spec:
  targetRefs: [{group: "", kind: Service, name: cart}]
  validation: {hostname: cart.example, caCertificateRefs: [{group: "", kind: ConfigMap, name: nothing}]}
`
  const store = new Store()
  const { mesh, diagnostics } = compile(objectsOf(store, store.source(), EDGE, SERVICE, policy))
  assert.equal(mesh.trafficRules[0]?.policy?.tls?.mode, 'simple')
  assert.ok(diagnostics.some(({ code }) => code === 'NoValidCACertificate'))
})

const MADE = `
apiVersion: v1
kind: Service
metadata: {name: edge-mizzen, namespace: shop, labels: {gateway.istio.io/managed: mizzen.dev-gateway-controller}}
spec: {clusterIP: 10.96.0.7, selector: {gateway.networking.k8s.io/gateway-name: edge}, ports: [{name: http-80, port: 80}]}
`
const pod = (ready: string) => `
apiVersion: v1
kind: Pod
metadata: {name: edge-1, namespace: shop, labels: {gateway.networking.k8s.io/gateway-name: edge}}
spec: {containers: [{name: istio-proxy}]}
status: {phase: Running, podIP: 10.244.0.9, conditions: [{type: Ready, status: "${ready}"}]}
`

for (const [ready, programmed] of [
  ['True', 'True Programmed'],
  ['False', 'False Pending'],
] as const)
  test(`compile() calls a Gateway "${programmed}" when its pod has Ready=${ready}`, () => {
    const store = new Store()
    const { statuses } = compile(objectsOf(store, store.source(), EDGE, MADE, pod(ready)))
    const status = statuses.find(({ object }) => object.kind === 'Gateway')
    const condition = status?.conditions?.find(({ type }) => type === 'Programmed')
    assert.equal(`${condition?.status} ${condition?.reason}`, programmed)
    assert.deepEqual(status?.addresses, [{ type: 'IPAddress', value: '10.96.0.7' }])
  })

test('compile() leaves Gateways to other control planes when it is told its controller', () => {
  const store = new Store()
  const own = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ours}
spec: {controllerName: example.com/second}
`
  const settings = { ...DEFAULT_SETTINGS, gatewayController: 'example.com/second' }
  const both = [own, EDGE, EDGE.replace('edge', 'second').replace('mizzen', 'ours')]
  const { statuses } = compile(objectsOf(store, store.source(), ...both), { settings })
  assert.deepEqual(
    statuses.map(({ object }) => `${object.kind} ${object.name}`),
    ['GatewayClass ours', 'Gateway second'],
  )
})

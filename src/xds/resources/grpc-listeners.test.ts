import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessAttribute, AccessPolicy, Requirement } from '../../model/access-policy.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { PeerPolicy } from '../../model/peer-policy.ts'
import type { Service } from '../../model/service.ts'
import { DEFAULT_SETTINGS } from '../../model/settings.ts'
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import { RBAC } from '../gen/envoy/extensions/filters/http/rbac/v3/rbac.ts'
import {
  HttpConnectionManager,
  type HttpFilter,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { unpack } from '../wire/any.ts'
import { LISTENER } from '../wire/type-url.ts'
import { IDENTITY, proxyOf } from './node.ts'
import { ResourceCache, resourcesFor } from './proxy.ts'

const pay: Service = {
  hostname: 'pay.shop.svc.cluster.local',
  namespace: 'shop',
  name: 'pay',
  ports: [{ name: 'grpc', number: 50051, protocol: 'GRPC', target: 50051 }],
  addresses: [],
  resolution: 'endpoints',
  headless: false,
  external: false,
  platform: true,
  selector: undefined,
  exportTo: ['*'],
  aliases: [],
  subjectAltNames: [],
  mapsGatewayPorts: true,
  trafficDistribution: undefined,
  created: '',
  origin: { object: 'Service shop/pay', path: '', file: 'pay.yaml', line: 1, rule: '' },
}
const mesh: Mesh = {
  settings: DEFAULT_SETTINGS,
  services: [pay],
  endpoints: new Map(),
  workloads: new Map(),
  routes: [],
  trafficRules: [],
  gateways: [],
  sidecars: [],
  proxyRules: [],
  rateLimits: [],
  alerts: [],
  scriptFilters: [],
  peerPolicies: [],
  tokenPolicies: [],
  accessPolicies: [],
  tracingPolicies: [],
  loggingPolicies: [],
  metricsPolicies: [],
  envoyFilters: [],
  certificates: new Map(),
}

function listener(name: string, namespace = 'shop', state = mesh, annotations = {}): Listener | undefined {
  const proxy = proxyOf(state, {
    id: `sidecar~10.0.0.1~app-0.${namespace}~${namespace}.svc.cluster.local`,
    metadata: { GENERATOR: 'grpc', ANNOTATIONS: annotations },
  })
  assert.ok(proxy)
  const resource = resourcesFor(state, proxy, new ResourceCache()).get(LISTENER)?.get(name)
  return resource && Listener.decode(resource.bytes)
}

function routesOf(found: Listener | undefined): string | undefined {
  const type = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
  const manager = unpack(type, HttpConnectionManager, found?.apiListener?.apiListener)
  return manager?.routeSpecifier?.$case === 'rds' ? manager.routeSpecifier.value.routeConfigName : undefined
}

test('GrpcListeners.get() knows a service by every name that a client of its namespace may use', () => {
  for (const name of ['pay', 'pay.shop', 'pay.shop.svc', 'pay.shop.svc.cluster.local']) {
    const found = listener(`${name}:50051`)
    assert.equal(found?.name, `${name}:50051`)
    assert.equal(routesOf(found), 'outbound|50051||pay.shop.svc.cluster.local')
  }
  assert.equal(routesOf(listener('pay')), 'outbound|50051||pay.shop.svc.cluster.local')
})

test('GrpcListeners.get() has nothing for unknown services, ports, and short names of other namespaces', () => {
  for (const name of ['nobody:50051', 'pay:1', 'xds.istio.io/grpc/lds/inbound/no-port'])
    assert.equal(listener(name), undefined, name)
  assert.equal(listener('pay:50051', 'other'), undefined)
})

test('GrpcListeners.get() gives a server a listener on the address it asks for', () => {
  const found = listener('xds.istio.io/grpc/lds/inbound/[::]:50051')
  const socket = found?.address?.address?.$case === 'socketAddress' ? found.address.address.value : undefined
  assert.deepEqual([socket?.address, socket?.portSpecifier?.value], ['::', 50051])
  assert.deepEqual(
    found?.filterChains.map(chain => chain.name),
    ['inbound-plaintext'],
  )
  assert.deepEqual(found?.listenerFilters, [])
})

const STRICT: PeerPolicy = {
  name: 'default',
  namespace: 'shop',
  selector: undefined,
  mode: 'strict',
  ports: new Map(),
  created: '',
  origin: pay.origin,
}
const SERVER = 'xds.istio.io/grpc/lds/inbound/10.0.0.1:50051'

test('GrpcListeners.get() gives a server mutual TLS where policy is STRICT, and plaintext where it has no certificates', () => {
  const strict = { ...mesh, peerPolicies: [STRICT] }
  const [chain] = listener(SERVER, 'shop', strict)?.filterChains ?? []
  assert.equal(chain?.name, 'inbound-mtls')
  assert.equal(chain.transportSocket?.name, 'envoy.transport_sockets.tls')
  const [bare] = listener(SERVER, 'shop', strict, { [IDENTITY]: 'false' })?.filterChains ?? []
  assert.deepEqual([bare?.name, bare?.transportSocket], ['inbound-plaintext', undefined])
})

test('GrpcListeners.get() enforces access policies by filters with names of their own, and denies what it cannot ask about', () => {
  const filters = filtersOf(listener(SERVER, 'shop', { ...mesh, accessPolicies: POLICIES }))
  assert.deepEqual(
    filters.map(({ name }) => name),
    [
      'envoy.filters.http.rbac.custom',
      'envoy.filters.http.rbac.deny',
      'envoy.filters.http.rbac.allow',
      'envoy.filters.http.router',
    ],
  )
  const rules = filters.map(({ configType }) => {
    const any = configType?.$case === 'typedConfig' ? configType.value : undefined
    return unpack('envoy.extensions.filters.http.rbac.v3.RBAC', RBAC, any)?.rules
  })
  // What a token would have to say cannot be asked: the deny rule holds for the rest of it, the allow rule is left out.
  assert.deepEqual(
    rules.map(found => found && Object.keys(found.policies)),
    [['ns[shop]-policy[ask]-rule[0]'], ['ns[shop]-policy[deny]-rule[0]'], ['ns[shop]-policy[allow]-rule[1]'], undefined],
  )
})

test('access policies have no templates of paths for a gRPC server, which would let them pass', () => {
  const [, , allow] = filtersOf(listener(SERVER, 'shop', { ...mesh, accessPolicies: POLICIES }))
  const config = allow?.configType?.$case === 'typedConfig' ? allow.configType.value : undefined
  assert(config)
  const text = Buffer.from(config.value).toString('latin1')
  assert(text.includes('/shop\\.Pay/[^/]+'), text)
  assert(!text.includes('uri_template'))
})

function policy(name: string, action: AccessPolicy['action'], rules: AccessPolicy['rules']): AccessPolicy {
  const { origin } = pay
  return {
    name,
    namespace: 'shop',
    selector: undefined,
    targets: [],
    action,
    provider: '',
    dryRun: false,
    rules,
    created: '',
    origin,
  }
}

const requirement = (attribute: AccessAttribute, ...values: string[]): Requirement => ({
  attribute,
  values,
  notValues: [],
  field: '',
  origin: pay.origin,
})
const token = requirement({ kind: 'request-principal' }, 'issuer/user')
const method = requirement({ kind: 'path' }, '/shop.Pay/{*}')
const rule = (...to: Requirement[]) => ({ from: [], to: [to], when: [], origin: pay.origin })
const POLICIES = [
  policy('ask', 'custom', [rule(method)]),
  policy('deny', 'deny', [rule(method, token)]),
  policy('allow', 'allow', [rule(method, token), rule(method)]),
]

function filtersOf(found: Listener | undefined): readonly HttpFilter[] {
  const type = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
  const config = found?.filterChains[0]?.filters[0]?.configType
  const manager = config?.$case === 'typedConfig' ? unpack(type, HttpConnectionManager, config.value) : undefined
  return manager?.httpFilters ?? []
}

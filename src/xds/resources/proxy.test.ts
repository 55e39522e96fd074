import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originWithoutFile } from '../../api/object.ts'
import { readObject } from '../../api/read.ts'
import type { AnyObject } from '../../api/registry.ts'
import { type Compiled, compile } from '../../compile/mesh.ts'
import { Store } from '../../source/store.ts'
import { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts'
import { CLUSTER, ENDPOINT, LISTENER, type ResourceType, ROUTE } from '../wire/type-url.ts'
import { proxyOf } from './node.ts'
import { type ProxyResources, ResourceCache, resourcesFor } from './proxy.ts'

const object = (apiVersion: string, kind: string, name: string, rest: object, metadata: object = {}): AnyObject => {
  const { object: read, findings } = readObject(
    { apiVersion, kind, metadata: { name, namespace: 'shop', ...metadata }, ...rest },
    originWithoutFile('test'),
  )
  assert.ok(read, JSON.stringify(findings))
  return read
}
const service = (name: string) =>
  object('v1', 'Service', name, { spec: { selector: { app: name }, ports: [{ name: 'http', port: 80 }] } })
const pod = (name: string, app: string, ip: string, ready = true) =>
  object(
    'v1',
    'Pod',
    name,
    {
      spec: { containers: [{ name: 'app' }] },
      status: { podIP: ip, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
    },
    { labels: { app } },
  )
const rules = (host: string, timeout: string) =>
  object('networking.istio.io/v1', 'VirtualService', host, {
    spec: { hosts: [host], http: [{ timeout, route: [{ destination: { host } }] }] },
  })

/** A control plane's memory over several states of the configuration. */
class Plane {
  readonly #share = new Store()
  readonly #source = this.#share.source()
  readonly #cache = new ResourceCache()
  #compiled: Compiled | undefined

  resources(objects: readonly AnyObject[], pod: string): ProxyResources {
    this.#source.publish(objects)
    this.#compiled = compile(this.#share.snapshot().objects, {}, this.#compiled)
    const proxy = proxyOf(this.#compiled.mesh, { id: `sidecar~10.0.0.9~${pod}.shop~shop.svc.cluster.local` })
    assert.ok(proxy)
    return resourcesFor(this.#compiled.mesh, proxy, this.#cache)
  }
}

const world = [
  service('a'),
  service('b'),
  pod('a-0', 'a', '10.0.0.1'),
  pod('b-0', 'b', '10.0.0.2'),
  rules('a', '1s'),
  rules('b', '1s'),
]
const replace = (name: string, kind: string, by: AnyObject) =>
  world.map(each => (each.name === name && each.kind === kind ? by : each))

function changed(before: ProxyResources, after: ProxyResources): Record<string, string[]> {
  const names: [string, ResourceType][] = [
    ['clusters', CLUSTER],
    ['endpoints', ENDPOINT],
    ['listeners', LISTENER],
    ['routes', ROUTE],
  ]
  return Object.fromEntries(
    names.flatMap(([name, type]) => {
      if (before.get(type) === after.get(type)) return []
      const all = [...(after.get(type)?.values() ?? [])]
      return [[name, all.filter(resource => before.get(type)?.get(resource.name) !== resource).map(resource => resource.name)]]
    }),
  )
}

test('resourcesFor() returns the same sets when nothing changed', () => {
  const plane = new Plane()
  assert.deepEqual(changed(plane.resources(world, 'a-0'), plane.resources([...world], 'a-0')), {})
})

test('resourcesFor() changes only the route table when a rule changed', () => {
  const plane = new Plane()
  const before = plane.resources(world, 'a-0')
  const after = plane.resources(replace('b', 'VirtualService', rules('b', '2s')), 'a-0')
  assert.deepEqual(changed(before, after), { routes: ['80'] })
})

test('resourcesFor() changes only the endpoints when a pod became unready, and its inbound side not at all', () => {
  const plane = new Plane()
  const before = plane.resources(world, 'b-0')
  const after = plane.resources(replace('b-0', 'Pod', pod('b-0', 'b', '10.0.0.2', false)), 'b-0')
  assert.deepEqual(changed(before, after), { endpoints: ['outbound|80||b.shop.svc.cluster.local'] })
})

test('resourcesFor() shares resources between the proxies of a namespace', () => {
  const plane = new Plane()
  const [a, b] = [plane.resources(world, 'a-0'), plane.resources(world, 'b-0')]
  assert.equal(a.get(ROUTE), b.get(ROUTE))
  assert.equal(a.get(ENDPOINT), b.get(ENDPOINT))
  const name = 'outbound|80||b.shop.svc.cluster.local'
  assert.equal(a.get(CLUSTER)?.get(name), b.get(CLUSTER)?.get(name))
})

test('resourcesFor() does not depend on the order of the objects', () => {
  const versions = (resources: ProxyResources) =>
    [...resources].map(([type, set]) => [type, [...set.values()].map(resource => [resource.name, resource.version])])
  const straight = new Plane().resources(world, 'a-0')
  assert.deepEqual(versions(new Plane().resources([...world].reverse(), 'a-0')), versions(straight))
})

test('resourcesFor() tunnels to a port of undeclared protocol by way of the forwarding listener, where the proxy has one', () => {
  const laptop = (name: string, forwards: string) =>
    object(
      'v1',
      'Pod',
      name,
      { spec: { containers: [{ name: 'app' }] }, status: { podIP: '127.0.0.1' } },
      { annotations: { 'mizzen.dev/capture': 'ports', 'mizzen.dev/http-proxy': '20000', 'mizzen.dev/forwards': forwards } },
    )
  const odd = object('v1', 'Service', 'odd', { spec: { ports: [{ name: 'odd', port: 70 }] } })
  const objects = [odd, laptop('with-0', '{"odd.shop.svc.cluster.local:70":20001}'), laptop('without-0', '{}')]
  const plane = new Plane()
  const tunnel = (name: string) => {
    const { bytes } = plane.resources(objects, name).get(ROUTE)?.get('http_proxy') ?? {}
    const host = RouteConfiguration.decode(bytes ?? new Uint8Array()).virtualHosts.find(each => each.name.startsWith('odd.'))
    const action = host?.routes[0]?.action
    return action?.$case === 'route' ? action.value.clusterSpecifier?.value : undefined
  }
  assert.equal(tunnel('with-0'), 'HttpProxyTunnelCluster|70||odd.shop.svc.cluster.local')
  assert.equal(tunnel('without-0'), 'outbound|70||odd.shop.svc.cluster.local')
})

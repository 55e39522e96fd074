/**
 * What is made of a change must be what would be made of the whole: random edits, one after the other, through one control plane's memory,
 * compared with a control plane that has none.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originWithoutFile } from '../../api/object.ts'
import { readObject } from '../../api/read.ts'
import type { AnyObject } from '../../api/registry.ts'
import { type Compiled, compile } from '../../compile/mesh.ts'
import { seededRandom } from '../../lib/random.ts'
import { Store } from '../../source/store.ts'
import { Holdings } from '../server/holdings.ts'
import { RESOURCE_TYPES } from '../wire/type-url.ts'
import { proxyOf } from './node.ts'
import { type ProxyResources, ResourceCache, resourcesFor } from './proxy.ts'

const NAMESPACES = ['shop', 'bank']
const NAMES = ['a', 'b', 'c', 'd']
const SEEDS = [1, 2, 3, 4, 5, 6]
const EDITS = 25
const HTTP_MANAGER = 'envoy.filters.network.http_connection_manager'
const FAULT = 'envoy.filters.http.fault'

class Plane {
  readonly #share = new Store()
  readonly #source = this.#share.source()
  readonly #cache = new ResourceCache()
  #compiled: Compiled | undefined

  resources(objects: readonly AnyObject[]): ProxyResources[] {
    this.#source.publish(objects)
    this.#compiled = compile(this.#share.snapshot().objects, {}, this.#compiled)
    const { mesh } = this.#compiled
    return NAMESPACES.flatMap(namespace =>
      ['apart', 'inside'].map(hosts => {
        const node = {
          id: `sidecar~10.0.9.9~${hosts}.${namespace}~${namespace}.svc`,
          metadata: { VIRTUAL_HOSTS: hosts, DNS_CAPTURE: String(hosts === 'inside') },
        }
        const proxy = proxyOf(mesh, node)
        assert.ok(proxy)
        return resourcesFor(mesh, proxy, this.#cache)
      }),
    )
  }
}

for (const seed of SEEDS) {
  test(`resourcesFor() gives after each edit what it gives for the whole when edits are random (seed ${seed})`, () => {
    const pick = picker(seededRandom(seed))
    const plane = new Plane()
    const objects = new Map<string, AnyObject>()
    for (let i = 0; i < 12; i++) edit(objects, pick)
    let before: ProxyResources[] | undefined
    for (let i = 0; i < EDITS; i++) {
      const what = edit(objects, pick)
      const now = plane.resources([...objects.values()])
      const anew = new Plane().resources([...objects.values()])
      for (const [j, resources] of now.entries()) {
        assert.deepEqual(versions(resources), versions(anew[j]), `edit ${i}, ${what}, proxy ${j}`)
        if (before) assertDiffs(before[j], resources, `edit ${i}, ${what}, proxy ${j}`)
      }
      before = now
    }
  })
}

type Pick = <T>(list: readonly T[]) => T

function picker(random: () => number): Pick {
  return list => {
    const at = Math.floor(random() * list.length)
    for (const [i, entry] of list.entries()) if (i === at) return entry
    throw new Error('there is nothing to pick from')
  }
}

function versions(resources: ProxyResources | undefined): Record<string, string[]> {
  return Object.fromEntries(
    RESOURCE_TYPES.map(type => [
      type,
      [...(resources?.get(type)?.values() ?? [])].map(({ name, version }) => `${name} ${version}`).sort(),
    ]),
  )
}

/** What a set says of what changed is what comparing finds. */
function assertDiffs(before: ProxyResources | undefined, now: ProxyResources, message: string): void {
  for (const type of RESOURCE_TYPES) {
    const [old, current] = [before?.get(type), now.get(type)]
    if (!old || !current) continue
    const client = new Holdings()
    client.subscribeAll()
    client.rebase(old)
    const plain = { get: (name: string) => current.get(name), values: () => current.values() }
    assert.deepEqual([...client.diff(current).keys()].sort(), [...client.diff(plain).keys()].sort(), `${message}, ${type}`)
  }
}

/** Makes, changes or removes one object. */
function edit(objects: Map<string, AnyObject>, pick: Pick): string {
  const namespace = pick(NAMESPACES)
  const name = pick(NAMES)
  const kind = pick([
    'Service',
    'VirtualService',
    'VirtualService',
    'VirtualService',
    'DestinationRule',
    'EndpointSlice',
    'ServiceEntry',
    'Sidecar',
    'EnvoyFilter',
  ])
  const key = `${kind} ${namespace}/${name}`
  if (objects.has(key) && pick([true, false, false])) {
    objects.delete(key)
    return `${key} removed`
  }
  const host = pick([
    name,
    pick(NAMES),
    `${pick(NAMES)}.${pick(NAMESPACES)}.svc.cluster.local`,
    'other.test',
    '*.shop.svc.cluster.local',
  ])
  objects.set(key, make(kind, namespace, name, host, pick))
  return key
}

function make(kind: string, namespace: string, name: string, host: string, pick: Pick): AnyObject {
  const exportTo = pick([undefined, undefined, ['.'], ['*']])
  switch (kind) {
    case 'Service': {
      const ports = pick([
        [{ name: 'http', port: 80 }],
        [
          { name: 'http', port: 8080 },
          { name: 'tcp', port: 9000 },
        ],
        [{ name: 'any', port: 7000 }],
      ])
      return read('v1', kind, namespace, name, { spec: { selector: { app: name }, ports } })
    }
    case 'VirtualService': {
      const route = [{ destination: { host: pick(NAMES), subset: pick([undefined, 'v1']) } }]
      const http = pick([
        [{ route, timeout: pick(['1s', '2s']) }],
        [{ match: [{ uri: { prefix: pick(['/x', '/y']) }, sourceNamespace: pick([undefined, 'bank']) }], route }, { route }],
      ])
      return read('networking.istio.io/v1', kind, namespace, name, {
        spec: { hosts: pick([[host], [host, 'extra.test']]), http, exportTo },
      })
    }
    case 'DestinationRule': {
      const trafficPolicy = { loadBalancer: pick([{ simple: 'RANDOM' }, { consistentHash: { httpHeaderName: 'x-user' } }]) }
      const subsets = [{ name: 'v1', labels: { version: 'v1' } }]
      return read('networking.istio.io/v1', kind, namespace, name, { spec: { host: name, trafficPolicy, subsets, exportTo } })
    }
    case 'EndpointSlice': {
      const labels = { 'kubernetes.io/service-name': name }
      const endpoints = pick([['10.1.0.1'], ['10.1.0.2', '10.1.0.3'], []]).map(address => ({ addresses: [address] }))
      const ports = [{ name: 'http', port: 8080 }]
      return read('discovery.k8s.io/v1', kind, namespace, name, { addressType: 'IPv4', endpoints, ports }, labels)
    }
    case 'ServiceEntry': {
      const hosts = [pick(['other.test', 'extra.test'])]
      const ports = [{ number: 80, name: 'http', protocol: 'HTTP' }]
      return read('networking.istio.io/v1', kind, namespace, name, { spec: { hosts, ports, resolution: 'DNS', exportTo } })
    }
    case 'EnvoyFilter': {
      const host = `${pick(NAMES)}.${pick(NAMESPACES)}.svc.cluster.local`
      const vhost = pick([undefined, { name: `${host}:80` }, { route: { name: 'default' } }])
      const context = pick(['ANY', 'SIDECAR_OUTBOUND'])
      const cluster = { service: host }
      const added = { name: `added-${name}`, type: 'STATIC', connect_timeout: '1s' }
      const patches = [
        { applyTo: 'CLUSTER', match: { context, cluster }, patch: { operation: 'MERGE', value: { connect_timeout: '3s' } } },
        { applyTo: 'CLUSTER', match: { context, cluster }, patch: { operation: 'REMOVE' } },
        { applyTo: 'CLUSTER', match: { context }, patch: { operation: 'ADD', value: added } },
        {
          applyTo: 'HTTP_ROUTE',
          match: { context, routeConfiguration: { portNumber: pick([0, 80, 8080]), vhost } },
          patch: { operation: pick(['MERGE', 'INSERT_FIRST']), value: { name: 'patched', match: { prefix: '/z' } } },
        },
        {
          applyTo: 'VIRTUAL_HOST',
          match: { context, routeConfiguration: { vhost } },
          patch: { operation: 'MERGE', value: { include_attempt_count_in_response: true } },
        },
        {
          applyTo: 'HTTP_FILTER',
          match: { context, listener: { filterChain: { filter: { name: HTTP_MANAGER, subFilter: { name: FAULT } } } } },
          patch: { operation: 'REMOVE' },
        },
      ]
      const configPatches = [pick(patches), pick(patches)]
      return read('networking.istio.io/v1alpha3', kind, namespace, name, { spec: { priority: pick([0, 1]), configPatches } })
    }
    default: {
      const egress = [{ hosts: pick([['./*'], ['*/*'], ['shop/*', './*']]) }]
      return read('networking.istio.io/v1', 'Sidecar', namespace, name, { spec: { egress } })
    }
  }
}

function read(apiVersion: string, kind: string, namespace: string, name: string, rest: object, labels = {}): AnyObject {
  const document = { apiVersion, kind, metadata: { name, namespace, labels }, ...rest }
  const { object, findings } = readObject(JSON.parse(JSON.stringify(document)), originWithoutFile('test'))
  assert.ok(object, JSON.stringify(findings))
  return object
}

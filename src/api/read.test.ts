import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originWithoutFile, pathText } from './object.ts'
import { readObject } from './read.ts'

const origin = originWithoutFile('test')
const read = (document: unknown) => readObject(document, origin)
const messages = (document: unknown) =>
  read(document).findings.map(({ level, path, message }) => `${level} ${pathText(path)}: ${message}`)
const istio = { apiVersion: 'networking.istio.io/v1', metadata: { name: 'cart' } }
const route = [{ route: [{ destination: { host: 'cart' } }] }]

test('readObject() returns a typed object with its head when all is well', () => {
  const metadata = {
    name: 'cart',
    namespace: 'shop',
    labels: { app: 'cart' },
    annotations: null,
    creationTimestamp: '2026-01-01T00:00:00Z',
    uid: 'u',
    generation: 3,
  }
  const { object, resource, findings } = read({
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'VirtualService',
    metadata,
    spec: { hosts: ['cart'], http: route },
  })
  assert.deepEqual(findings, [])
  assert.equal(resource, 'VirtualService shop/cart')
  assert.deepEqual(object, {
    kind: 'VirtualService',
    group: 'networking.istio.io',
    apiVersion: 'networking.istio.io/v1beta1',
    namespace: 'shop',
    name: 'cart',
    labels: { app: 'cart' },
    annotations: {},
    creationTimestamp: '2026-01-01T00:00:00Z',
    uid: 'u',
    generation: 3,
    origin,
    spec: { hosts: ['cart'], http: route },
    status: undefined,
  })
})

test('readObject() puts an object into the namespace default when it names none, and a Namespace into none', () => {
  assert.equal(read({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'cart' }, spec: {} }).object?.namespace, 'default')
  assert.equal(read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }).object?.namespace, '')
})

test('readObject() takes the fields beside metadata when the kind has no spec', () => {
  const { object } = read({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cart' }, data: { a: 'b' }, immutable: true })
  assert.deepEqual(object?.spec, { data: { a: 'b' } })
})

test('readObject() keeps of a Kubernetes object only what is read', () => {
  const spec = { ports: [{ port: 80, targetPort: 'http', unheardOf: 1 }], unheardOf: {} }
  const { object } = read({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'cart', managedFields: [{}] },
    spec,
    status: { loadBalancer: 'broken' },
  })
  assert.deepEqual(object?.spec, { ports: [{ port: 80, targetPort: 'http' }] })
  assert.equal(object?.status, undefined)
})

test('readObject() treats null as absent in a message, not in a list or map', () => {
  assert.deepEqual(messages({ ...istio, kind: 'VirtualService', spec: { hosts: ['cart'], gateways: null, http: route } }), [])
  assert.deepEqual(messages({ ...istio, kind: 'VirtualService', spec: { hosts: [null], http: route } }), [
    'error spec.hosts[0]: expected a string, got nothing (null)',
  ])
})

const wrong: [title: string, document: unknown, expected: string[]][] = [
  ['a text', 'hello', ['error : expected an object with apiVersion, kind and metadata, got "hello"']],
  ['no kind', { apiVersion: 'v1' }, ['error : "kind" is missing: expected an object with apiVersion, kind and metadata']],
  ['no apiVersion', { kind: 'Pod' }, ['error : "apiVersion" is missing: expected an object with apiVersion, kind and metadata']],
  [
    'a misspelt kind',
    { ...istio, kind: 'VirtualServce' },
    [
      'warning kind: mizzen does not know the kind "VirtualServce" of "networking.istio.io/v1" and ignores it: did you mean "VirtualService"?',
    ],
  ],
  [
    'a kind of another group',
    { apiVersion: 'serving.knative.dev/v1', kind: 'Service', metadata: { name: 'a' } },
    [
      'warning kind: mizzen does not know the kind "Service" of "serving.knative.dev/v1" and ignores it: expected apiVersion "v1"',
    ],
  ],
  [
    'a version that is not there',
    { apiVersion: 'apps/v1beta1', kind: 'Deployment', metadata: { name: 'a' } },
    ['error apiVersion: there is no Deployment in "apps/v1beta1": expected "apps/v1"'],
  ],
  ['no spec', { ...istio, kind: 'Sidecar' }, ['error : "spec" is missing: expected a map']],
  [
    'a field beside spec',
    { ...istio, kind: 'Gateway', spec: { servers: [] }, selector: {} },
    ['error selector: unknown field "selector": it belongs under spec', 'error spec: it has no servers: expected at least one'],
  ],
  [
    'a field in snake case',
    { ...istio, kind: 'DestinationRule', spec: { host: 'a', traffic_policy: {} } },
    ['error spec.traffic_policy: unknown field "traffic_policy": did you mean "trafficPolicy"?'],
  ],
  [
    'a field that is like no other',
    { ...istio, kind: 'WorkloadEntry', spec: { address: '1.1.1.1', qqqq: 1 } },
    ['error spec.qqqq: unknown field "qqqq": expected address, ports, labels, network, locality, weight, serviceAccount'],
  ],
  [
    'no name',
    { ...istio, kind: 'WorkloadEntry', metadata: {}, spec: { address: '1.1.1.1' } },
    ['error metadata: "name" is missing: expected a name'],
  ],
  [
    'a name in upper case',
    { ...istio, kind: 'WorkloadEntry', metadata: { name: 'Cart' }, spec: { address: '1.1.1.1' } },
    [
      'error metadata.name: "Cart" is not a Kubernetes name: expected lower-case letters, digits, "-" and ".", with a letter or digit at both ends',
    ],
  ],
  [
    'a label that is a number',
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a', labels: { version: 1 } }, spec: {} },
    ['error metadata.labels.version: expected a string, got the number 1'],
  ],
  [
    'a port in quotes',
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: '80' }] } },
    ['error spec.ports[0].port: expected a whole number of 1 to 65535, got "80"'],
  ],
  [
    'a target port that is neither',
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 80, targetPort: true }] } },
    ['error spec.ports[0].targetPort: expected a whole number or a string, got the boolean true'],
  ],
  [
    'a secret that is a number, without showing it',
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data: { pin: 1234 } },
    ['error data.pin: expected a string'],
  ],
]

for (const [title, document, expected] of wrong) {
  test(`readObject() says what is wrong when given ${title}`, () => {
    assert.deepEqual(messages(document), expected)
    assert.equal(read(document).object, undefined)
  })
}

const remedies: [value: unknown, where: (value: unknown) => unknown, fix: string | undefined][] = [
  [1, value => ({ ...istio, kind: 'WorkloadEntry', spec: { address: value } }), 'put it in quotes: "1"'],
  [
    '80',
    value => ({ ...istio, kind: 'WorkloadEntry', spec: { address: 'a', ports: { http: value } } }),
    'leave the quotes out: 80',
  ],
  ['cart', value => ({ ...istio, kind: 'VirtualService', spec: { hosts: value } }), 'put "- " in front of it'],
  ['static', value => ({ ...istio, kind: 'ServiceEntry', spec: { hosts: ['a.com'], resolution: value } }), 'write STATIC'],
  [{}, value => ({ ...istio, kind: 'WorkloadEntry', spec: { address: value } }), undefined],
]

for (const [value, document, fix] of remedies) {
  test(`readObject() ${fix === undefined ? 'has no remedy' : `says "${fix}"`} when a value is ${JSON.stringify(value)}`, () =>
    assert.equal(read(document(value)).findings[0]?.fix, fix))
}

test('readObject() says that a kind is not used when mizzen reads and does not run it', () => {
  const { object, unused } = read({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' }, spec: {} })
  assert.equal(object?.kind, 'StatefulSet')
  assert.match(unused ?? '', /does not run a StatefulSet/)
})

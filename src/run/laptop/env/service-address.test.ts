import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardedAddress, type ServicePort, serviceVariables } from './service-address.ts'

const shop = (name: string, port: number, forward: number | undefined, portName?: string): ServicePort => ({
  host: `${name}.shop.svc.cluster.local`,
  service: { name, namespace: 'shop' },
  port,
  portName,
  forward,
})

test('serviceVariables() points at forwards, keeps the name where HTTP_PROXY leads, and leaves out other namespaces', () => {
  const ports: ServicePort[] = [
    shop('cart', 80, undefined, 'http'),
    shop('order-cache', 6379, 21010, 'tcp-redis'),
    shop('order-cache', 9100, undefined, 'http-metrics'),
    { host: 'db.other.svc.cluster.local', service: { name: 'db', namespace: 'other' }, port: 5432, forward: 21011 },
    { host: 'mongo.example.com', port: 27017, forward: 21012 },
  ]
  assert.deepEqual(Object.fromEntries(serviceVariables(ports, 'shop')), {
    CART_SERVICE_HOST: 'cart',
    CART_SERVICE_PORT: '80',
    CART_SERVICE_PORT_HTTP: '80',
    ORDER_CACHE_SERVICE_HOST: '127.0.0.1',
    ORDER_CACHE_SERVICE_PORT: '21010',
    ORDER_CACHE_SERVICE_PORT_TCP_REDIS: '21010',
    ORDER_CACHE_SERVICE_PORT_HTTP_METRICS: '9100',
  })
})

const services = new Map([
  ['cache.shop.svc.cluster.local:6379', { forward: 21010 }],
  ['payments.shop.svc.cluster.local:50051', { forward: 21011 }],
  ['db.data.svc.cluster.local:5432', { forward: 21012 }],
  ['mongo.example.com:27017', { forward: 21013 }],
  ['plain.shop.svc.cluster.local:8000', { forward: 21014, undeclared: true }],
])
const cases: [value: string, rewritten: string, why: string][] = [
  ['cache:6379', '127.0.0.1:21010', 'a short name'],
  ['cache.shop:6379', '127.0.0.1:21010', 'a name with its namespace'],
  ['cache.shop.svc:6379', '127.0.0.1:21010', 'a name up to svc'],
  ['cache.shop.svc.cluster.local:6379', '127.0.0.1:21010', 'a full name'],
  ['Cache.shop.svc.cluster.local.:6379', '127.0.0.1:21010', 'a name with its root dot, in any case'],
  ['db.data:5432', '127.0.0.1:21012', 'a service of another namespace'],
  ['mongo.example.com:27017', '127.0.0.1:21013', 'a ServiceEntry'],
  ['redis://user:pass@cache:6379/0', 'redis://user:pass@127.0.0.1:21010/0', 'a URL, whose rest is kept'],
  ['http://payments:50051', 'http://127.0.0.1:21011', 'a URL of a gRPC service'],
  ['cache:6380', 'cache:6380', 'another port'],
  ['db:5432', 'db:5432', 'a short name from another namespace'],
  ['cache', 'cache', 'no port'],
  ['cache:6379,other:6379', 'cache:6379,other:6379', 'a list'],
  ['cache:6379/x', 'cache:6379/x', 'neither an address nor a URL'],
  ['plain:8000', '127.0.0.1:21014', 'an undeclared port'],
  ['http://plain:8000/x', 'http://plain:8000/x', 'HTTP to an undeclared port: the proxy keeps the name'],
  ['http://cart:80/', 'http://cart:80/', 'a service that is not forwarded'],
]
for (const [value, rewritten, why] of cases) {
  test(`forwardedAddress() makes ${rewritten} of ${value}: ${why}`, () =>
    assert.equal(forwardedAddress(value, 'shop', services), rewritten))
}

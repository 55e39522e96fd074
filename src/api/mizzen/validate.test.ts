import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { originWithoutFile, pathText } from '../object.ts'
import { readObject } from '../read.ts'

const rows: readonly (readonly [kind: string, title: string, spec: string, expected: readonly string[]])[] = [
  ['RateLimit', 'a host and a rate', '{host: reviews, rate: 100/s}', []],
  [
    'RateLimit',
    'a misspelt field',
    '{host: reviews, rate: 100/s, brust: 5}',
    ['error spec.brust: unknown field "brust": did you mean "burst"?'],
  ],
  ['RateLimit', 'no target', '{rate: 100/s}', ['error spec']],
  ['RateLimit', 'a rate without unit', '{host: reviews, rate: "100"}', ['error spec.rate']],
  ['RateLimit', 'a rate of zero', '{host: reviews, rate: 0/s}', ['error spec.rate']],
  ['RateLimit', 'a peak below the rate', '{host: reviews, rate: 100/s, peak: 10/s}', ['error spec.peak']],
  ['RateLimit', 'a peak of another unit', '{host: reviews, rate: 100/m, peak: 10/s}', []],
  [
    'RateLimit',
    'two keys in one',
    '{host: reviews, rate: 1/s, per: [{header: x-user, client: Identity}]}',
    ['error spec.per[0]'],
  ],
  ['RateLimit', 'redis for a local limit', '{host: reviews, rate: 1/s, redis: {address: "redis:6379"}}', ['error spec.redis']],
  [
    'RateLimit',
    'redis without port',
    '{host: reviews, rate: 1/s, scope: Shared, redis: {address: redis}}',
    ['error spec.redis.address'],
  ],
  [
    'RateLimit',
    'all of it',
    '{workloadSelector: {matchLabels: {app: reviews}}, rate: 100/m, burst: 20, peak: 10/s, scope: Shared, redis: {address: "redis:6379"}, timeout: 20ms, failureMode: Deny, status: 503, headers: false, shadow: true, per: [{header: x-user}, {client: Address}], match: [{path: {prefix: /api}, method: GET, headers: {x-a: {}}, queryParams: {q: {exact: v}}}]}',
    [],
  ],
  ['RateLimit', 'a method in lower case', '{host: reviews, rate: 1/s, match: [{method: get}]}', ['error spec.match[0].method']],
  ['CircuitBreaker', 'a host alone', '{host: reviews}', []],
  [
    'CircuitBreaker',
    'all of it',
    '{host: reviews, subset: v1, port: 80, maxConnections: 1, maxPendingRequests: 1, maxRequests: 1, maxRetries: 1, consecutiveErrors: 3, consecutiveGatewayErrors: 2, successRate: {below: 90, minimumRequests: 10, minimumEndpoints: 2}, interval: 5s, halfOpen: {after: 10s, maxAfter: 60s, byHealthCheck: false}, maxEjectionPercent: 100}',
    [],
  ],
  ['CircuitBreaker', 'a limit of zero', '{host: reviews, maxConnections: 0}', ['error spec.maxConnections']],
  [
    'CircuitBreaker',
    'a longest time below the first',
    '{host: reviews, halfOpen: {after: 60s, maxAfter: 10s}}',
    ['error spec.halfOpen.maxAfter'],
  ],
  ['Retry', 'a host alone', '{host: reviews}', []],
  ['Retry', 'conditions and statuses', '{host: reviews, on: [5xx, "503"]}', []],
  [
    'Retry',
    'a misspelt condition',
    '{host: reviews, on: [conect-failure]}',
    ['error spec.on[0]: "conect-failure" is not a condition to retry on: did you mean "connect-failure"?'],
  ],
  ['Retry', 'a budget of a route', '{host: reviews, route: r, budget: {percent: 20}}', ['error spec.budget']],
  ['LoadBalancingRule', 'a host alone', '{host: reviews}', []],
  ['LoadBalancingRule', 'a hash without key', '{host: reviews, algorithm: Maglev}', ['error spec']],
  ['LoadBalancingRule', 'two keys', '{host: reviews, stickiness: {header: a, sourceIP: true}}', ['error spec.stickiness']],
  [
    'LoadBalancingRule',
    'sticky round robin',
    '{host: reviews, algorithm: RoundRobin, stickiness: {header: a}}',
    ['error spec.algorithm'],
  ],
  [
    'LoadBalancingRule',
    'a warm-up of hashes',
    '{host: reviews, stickiness: {header: a}, warmUp: {duration: 30s}}',
    ['error spec.warmUp'],
  ],
  ['LoadBalancingRule', 'a cookie', '{host: reviews, stickiness: {cookie: {name: s, ttl: 1h}}}', []],
  [
    'WeightedDestinationRule',
    'two versions',
    '{host: reviews, destinations: [{version: v1, weight: 90}, {version: v2, weight: 10}]}',
    [],
  ],
  [
    'WeightedDestinationRule',
    'weights of 110',
    '{host: reviews, destinations: [{version: v1, weight: 90}, {version: v2, weight: 20}]}',
    ['error spec.destinations'],
  ],
  [
    'WeightedDestinationRule',
    'no weights',
    '{host: reviews, destinations: [{version: v1}, {version: v2}]}',
    ['error spec.destinations[0]', 'error spec.destinations[1]'],
  ],
  [
    'WeightedDestinationRule',
    'one version twice',
    '{host: reviews, destinations: [{version: v1, weight: 50}, {version: v1, weight: 50}]}',
    ['error spec.destinations[1]'],
  ],
  [
    'WeightedDestinationRule',
    'steps that go back',
    '{host: reviews, destinations: [{version: v1, weight: 100}, {version: v2, weight: 0}], rollout: {steps: [{weight: 50, pause: 1m}, {weight: 20}]}}',
    ['error spec.rollout.steps[1].weight'],
  ],
  [
    'WeightedDestinationRule',
    'a step without end',
    '{host: reviews, destinations: [{version: v1, weight: 100}, {version: v2, weight: 0}], rollout: {steps: [{weight: 50}, {weight: 100}]}}',
    ['error spec.rollout.steps[0]'],
  ],
  ['HealthCheck', 'a path', '{host: reviews, http: {path: /healthz}}', []],
  ['HealthCheck', 'gRPC', '{host: reviews, grpc: {}}', []],
  [
    'HealthCheck',
    'TCP with thresholds',
    '{host: reviews, tcp: {}, interval: 1s, timeout: 100ms, healthyThreshold: 1, unhealthyThreshold: 1, panicThreshold: 0}',
    [],
  ],
  ['HealthCheck', 'two kinds', '{host: reviews, http: {path: /}, tcp: {}}', ['error spec']],
  ['HealthCheck', 'a path without slash', '{host: reviews, http: {path: healthz}}', ['error spec.http.path']],
  ['VirtualGateway', 'a host and a service', '{hosts: [shop.example.com], to: {host: storefront}}', []],
  [
    'VirtualGateway',
    'HTTPS without certificate',
    '{hosts: [a.com], listeners: [{port: 443, protocol: HTTPS}], to: {host: a}}',
    ['error spec.listeners[0]'],
  ],
  ['VirtualGateway', 'nowhere to go', '{hosts: [a.com]}', ['error spec']],
  ['VirtualGateway', 'a redirect alone', '{hosts: [a.com], listeners: [{port: 80, redirectToHTTPS: true}]}', []],
  ['VirtualGateway', 'the way out', '{direction: Egress, hosts: [api.example.com]}', []],
  ['VirtualGateway', 'the way out with a wildcard', '{direction: Egress, hosts: ["*.example.com"]}', ['error spec.hosts[0]']],
  [
    'VirtualGateway',
    'routes for TLS',
    '{hosts: [a.com], listeners: [{port: 443, protocol: TLS}], routes: [{to: [{host: a}]}]}',
    ['error spec.listeners[0]'],
  ],
  ['HTTPProxy', 'a host alone', '{host: reviews}', []],
  [
    'HTTPProxy',
    'all of it',
    '{host: reviews, gateways: [edge], hosts: [a.com], timeout: 5s, retry: {attempts: 1}, routes: [{name: r, match: [{path: {prefix: /}}], to: [{host: a, weight: 1}, {subset: v1, weight: 2}], rewrite: {path: /}}, {redirect: {scheme: https}}, {respond: {status: 404}}], tls: {mode: Strict}, allow: [{namespaces: [shop], serviceAccounts: [cart, other/cart], methods: [GET], paths: [/a/*]}], jwt: {providers: [{issuer: i, jwksUri: "https://a/k"}]}, rateLimits: [{rate: 1/s}], circuitBreaker: {maxRequests: 1}}',
    [],
  ],
  ['HTTPProxy', 'two actions', '{host: reviews, routes: [{to: [{host: a}], respond: {status: 200}}]}', ['error spec.routes[0]']],
  [
    'HTTPProxy',
    'destinations without weights',
    '{host: reviews, routes: [{to: [{host: a}, {host: b}]}]}',
    ['error spec.routes[0].to[0]', 'error spec.routes[0].to[1]'],
  ],
  [
    'HTTPProxy',
    'a key set that is none',
    '{host: reviews, jwt: {providers: [{issuer: i, jwks: "x"}]}}',
    ['error spec.jwt.providers[0].jwks'],
  ],
  [
    'HTTPProxy',
    'a wrong service account',
    '{host: reviews, allow: [{serviceAccounts: [a/b/c]}]}',
    ['error spec.allow[0].serviceAccounts[0]'],
  ],
  [
    'GRPCProxy',
    'a method',
    '{host: payments, routes: [{match: [{service: shop.v1.Payments, method: Pay, metadata: {x: {exact: y}}}], timeout: 1s}], allow: [{methods: [shop.v1.Payments/*]}]}',
    [],
  ],
  [
    'GRPCProxy',
    'a method without service',
    '{host: payments, routes: [{match: [{method: Pay}]}]}',
    ['error spec.routes[0].match[0].method'],
  ],
  ['GRPCProxy', 'an HTTP method', '{host: payments, allow: [{methods: [GET]}]}', ['error spec.allow[0].methods[0]']],
  ['AlertRule', 'an error rate', '{host: reviews, errorRate: {above: 5}}', []],
  ['AlertRule', 'two conditions', '{host: reviews, errorRate: {above: 5}, latency: {above: 1s}}', ['error spec']],
  [
    'AlertRule',
    'a webhook that is none',
    '{host: reviews, latency: {above: 500ms}, notify: [{webhook: {url: "here"}}]}',
    ['error spec.notify[0].webhook.url'],
  ],
]

for (const [kind, title, spec, expected] of rows) {
  test(`validate${kind}() ${expected.length === 0 ? 'accepts' : 'rejects'} ${title}`, () => {
    const document = { apiVersion: 'mizzen.dev/v1alpha1', kind, metadata: { name: 'case', namespace: 'shop' }, spec: parse(spec) }
    const { findings } = readObject(document, originWithoutFile('test'))
    const found = findings.map(({ level, path, message }, i) => {
      const short = `${level} ${pathText(path)}`
      return expected[i]?.includes(': ') ? `${short}: ${message}` : short
    })
    assert.deepEqual(found.sort(), [...expected].sort())
  })
}

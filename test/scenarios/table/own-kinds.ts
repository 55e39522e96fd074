/** mizzen's own kinds (docs/mizzen-kinds.md): each does what the same thing said in Istio's kinds does. */
import { http, ingress, type Scenario } from '../scenario.ts'

const own = (kind: string, spec: string, name = 'own') => `
apiVersion: mizzen.dev/v1alpha1
kind: ${kind}
metadata: {name: ${name}}
spec: ${spec}
`

/** A limit holds for new connections; those that a client has from the row before are still under the old one. */
const limited = (spec: string, host = 'solo') => `${own('RateLimit', spec)}---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${host}}
spec: {host: ${host}, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}
`

const SPENT = 'what came before has spent the bucket'
const EJECTED = 'what came before has had the endpoint left out'

const failFirst = (n: number, key: string, status = 503) => ({
  headers: { 'x-echo-fail-first': `${n}`, 'x-echo-key': key, 'x-echo-fail-status': `${status}` },
})

const limits: Scenario[] = [
  {
    name: 'RateLimit: a caller beyond the burst gets 429 and is told when to come again',
    config: limited('{host: solo, rate: 1/h, burst: 2}'),
    calls: [
      http('http://solo/', { status: 200, headers: { 'x-ratelimit-limit': /^2/, 'x-ratelimit-remaining': '1' } }),
      http('http://solo/', { status: 200, headers: { 'x-ratelimit-remaining': '0', 'retry-after': null } }),
      http('http://solo/', { status: 429, body: /rate_limited/, headers: { 'retry-after': /^\d+$/ } }),
    ],
    history: SPENT,
  },
  {
    name: 'RateLimit: each value of a header has its own bucket, and requests without it none',
    config: limited('{host: solo, rate: 1/h, per: [{header: x-user}]}'),
    calls: [
      http('http://solo/', { status: 200 }, { headers: { 'x-user': 'ada' } }),
      http('http://solo/', { status: 429 }, { headers: { 'x-user': 'ada' } }),
      http('http://solo/', { status: 200 }, { headers: { 'x-user': 'bob' } }),
      http('http://solo/', { share: { 'solo v1': [10, 10] } }, { times: 10 }),
    ],
    history: SPENT,
  },
  {
    name: 'RateLimit: only what matches counts',
    config: limited('{host: solo, rate: 1/h, match: [{path: {prefix: /search}, method: GET, queryParams: {q: {prefix: a}}}]}'),
    calls: [
      http('http://solo/search?x=1&q=abc', { status: 200 }),
      http('http://solo/search?q=abc', { status: 429 }),
      http('http://solo/search?q=b', { status: 200 }),
      http('http://solo/search?q=abc', { status: 200 }, { method: 'POST' }),
      http('http://solo/other?q=abc', { status: 200 }),
    ],
    history: SPENT,
  },
  {
    name: 'RateLimit: callers without an identity share a bucket',
    config: limited('{host: solo, rate: 1/h, per: [{client: Identity}]}'),
    calls: [http('http://solo/', { status: 200 }), http('http://solo/', { status: 429 })],
    history: SPENT,
  },
  {
    name: 'RateLimit: a limit in the shadow refuses nobody',
    config: limited('{host: solo, rate: 1/h, shadow: true}'),
    calls: [http('http://solo/', { share: { 'solo v1': [5, 5] } }, { times: 5 })],
    history: SPENT,
  },
  {
    name: 'RateLimit: a peak bounds what a burst would allow',
    config: limited('{host: solo, rate: 100/h, peak: 2/m, headers: false}'),
    calls: [http('http://solo/', { share: { 'solo v1': [2, 2], '429': [3, 3] } }, { times: 5 })],
    history: SPENT,
  },
  {
    name: 'RateLimit: a shared limit counts all replicas together',
    config: limited('{host: echo, rate: 4/h, scope: Shared, timeout: 2s, failureMode: Deny}', 'echo'),
    calls: [
      http('http://echo/', { status: 200, headers: { 'x-ratelimit-limit': /^4/, 'x-ratelimit-remaining': '3' } }),
      http('http://echo/', { share: { '429': [7, 7], 'echo v1': [0, 3], 'echo v2': [0, 3] } }, { times: 10 }),
    ],
    history: SPENT,
  },
  {
    name: 'RateLimit: workloads and gateways are limited by their labels',
    config: `${own('RateLimit', '{workloadSelector: {matchLabels: {istio: ingressgateway}}, rate: 1/h}').replace('{name: own}', '{name: own, namespace: istio-system}')}---${own('VirtualGateway', '{hosts: [shop.example.com], to: {host: echo}}', 'edge')}`,
    calls: [ingress('http://shop.example.com/', { status: 200 }), ingress('http://shop.example.com/', { status: 429 })],
    history: SPENT,
  },
]

const resilience: Scenario[] = [
  {
    name: 'CircuitBreaker: an endpoint is left out after errors in a row',
    config: own('CircuitBreaker', '{host: solo, consecutiveErrors: 2, maxEjectionPercent: 100}'),
    history: EJECTED,
    calls: [
      http('http://solo/', { status: 500 }, failFirst(9, 'breaker-1', 500)),
      http('http://solo/', { status: 500 }, failFirst(9, 'breaker-2', 500)),
      http('http://solo/', { status: 503, body: /no healthy upstream/ }),
    ],
  },
  {
    name: 'CircuitBreaker: requests beyond those that may be under way get 503',
    config: own('CircuitBreaker', '{host: solo, maxRequests: 1, maxPendingRequests: 1, maxConnections: 1}'),
    calls: [
      http(
        'http://solo/',
        { share: { 'solo v1': [1, 3], '503': [5, 7] } },
        { times: 8, parallel: true, headers: { 'x-echo-delay-ms': '400' } },
      ),
    ],
  },
  {
    name: 'Retry: a failed request is sent again, without any VirtualService',
    config: own('Retry', '{host: solo, attempts: 3, on: ["503"], backoff: {base: 5ms, max: 20ms}}'),
    calls: [http('http://solo/', { status: 200, seen: { 'x-envoy-attempt-count': '3' } }, failFirst(2, 'own-retry'))],
  },
  {
    name: 'Retry: a POST is not sent twice unless somebody says so',
    config: own('Retry', '{host: solo, attempts: 3, on: [5xx]}'),
    calls: [
      http('http://solo/', { status: 503 }, { ...failFirst(1, 'own-retry-post'), method: 'POST' }),
      http(
        'http://solo/',
        { status: 200 },
        { headers: { ...failFirst(1, 'own-retry-key').headers, 'idempotency-key': 'k1' }, method: 'POST' },
      ),
    ],
  },
  {
    name: 'Retry: what is said for a route goes before what is said for the service',
    config: `${own('HTTPProxy', '{host: solo, routes: [{name: slow, match: [{path: {prefix: /slow}}], retry: {attempts: 0}}, {name: rest}]}')}---${own('Retry', '{host: solo, attempts: 2, on: [5xx]}', 'all')}`,
    calls: [
      http('http://solo/slow', { status: 503 }, failFirst(1, 'own-route-retry')),
      http('http://solo/', { status: 200 }, failFirst(1, 'own-service-retry')),
    ],
  },
  {
    name: 'HealthCheck: an endpoint that fails its checks gets no requests',
    config: own(
      'HealthCheck',
      '{host: solo, http: {path: /, expectedStatuses: [418]}, interval: 100ms, timeout: 1s, unhealthyThreshold: 1, panicThreshold: 0}',
    ),
    calls: [
      http('http://other/', { status: 200, tookMs: [400, 5000] }, { headers: { 'x-echo-delay-ms': '500' } }),
      http('http://solo/', { status: 503, body: /no healthy upstream/ }),
    ],
    history: EJECTED,
  },
  {
    name: 'HealthCheck: an endpoint that passes is used',
    config: own('HealthCheck', '{host: solo, http: {path: /}, interval: 100ms, panicThreshold: 0}'),
    calls: [
      http('http://other/', { status: 200 }, { headers: { 'x-echo-delay-ms': '500' } }),
      http('http://solo/', { status: 200 }),
    ],
  },
]

const sharing: Scenario[] = [
  {
    name: 'WeightedDestinationRule: versions get their percentages',
    config: own('WeightedDestinationRule', '{host: echo, destinations: [{version: v1, weight: 80}, {version: v2, weight: 20}]}'),
    calls: [http('http://echo/', { share: { 'echo v1': [140, 180], 'echo v2': [20, 60] } }, { times: 200 })],
  },
  {
    name: 'WeightedDestinationRule: another service may take all',
    config: own('WeightedDestinationRule', '{host: echo, destinations: [{version: v1, weight: 0}, {host: other, weight: 100}]}'),
    calls: [http('http://echo/', { share: { 'other v1': [20, 20] } }, { times: 20 })],
  },
  {
    name: 'WeightedDestinationRule: a route of a VirtualService to the whole service is shared out, one to a subset is not',
    config: `${own('WeightedDestinationRule', '{host: echo, destinations: [{version: v1, weight: 0}, {version: v2, weight: 100}]}')}---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo}
spec:
  hosts: [echo]
  http:
    - match: [{uri: {prefix: /old}}]
      route: [{destination: {host: echo, subset: v1}}]
    - route: [{destination: {host: echo}}]
`,
    calls: [
      http('http://echo/', { share: { 'echo v2': [10, 10] } }, { times: 10 }),
      http('http://echo/old', { share: { 'echo v1': [10, 10] } }, { times: 10 }),
    ],
  },
  {
    name: 'LoadBalancingRule: requests with one value of a header go to one pod',
    config: own('LoadBalancingRule', '{host: echo, stickiness: {header: x-user}}'),
    calls: [http('http://echo/', { onePod: true }, { times: 20, headers: { 'x-user': 'ada' } })],
  },
  {
    name: 'LoadBalancingRule: RoundRobin serves from every pod',
    config: own('LoadBalancingRule', '{host: echo, algorithm: RoundRobin, warmUp: {duration: 1s}}'),
    calls: [http('http://echo/', { pods: 3 }, { times: 30 })],
  },
  {
    name: 'CircuitBreaker and LoadBalancingRule lie over a DestinationRule, whose subsets stay',
    config: `${own('CircuitBreaker', '{host: echo, maxRequests: 100}')}---${own('LoadBalancingRule', '{host: echo, algorithm: Maglev, stickiness: {header: x-user}}', 'lb')}---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo}
spec: {host: echo, subsets: [{name: v1, labels: {version: v1}}]}
---${own('HTTPProxy', '{host: echo, routes: [{to: [{subset: v1}]}]}', 'routes')}`,
    calls: [http('http://echo/', { served: 'echo v1', onePod: true }, { times: 20, headers: { 'x-user': 'ada' } })],
  },
]

const routing: Scenario[] = [
  {
    name: 'HTTPProxy: routes, rewrites, answers and redirects of one service',
    config: own(
      'HTTPProxy',
      `
  host: echo
  timeout: 10s
  routes:
    - match: [{path: {prefix: /new/}, headers: {x-beta: {exact: "yes"}}}]
      to: [{host: other}]
      rewrite: {path: /}
      headers: {request: {set: {x-from: proxy}}}
    - {match: [{path: {exact: /teapot}}], respond: {status: 418, body: short and stout}}
    - {match: [{path: {exact: /moved}}], redirect: {path: /new, status: 308}}
    - {}`,
    ),
    calls: [
      http(
        'http://echo/new/a',
        { served: 'other v1', path: '/a', seen: { 'x-from': 'proxy' } },
        { headers: { 'x-beta': 'yes' } },
      ),
      http('http://echo/new/a', { share: { 'echo v1': [0, 1], 'echo v2': [0, 1] } }),
      http('http://echo/teapot', { status: 418, body: 'short and stout' }),
      http('http://echo/moved', { status: 308, headers: { location: /\/new$/ } }),
    ],
  },
  {
    name: 'HTTPProxy goes before a VirtualService for the same host',
    config: `${own('HTTPProxy', '{host: echo, routes: [{respond: {status: 418}}]}')}---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo}
spec: {hosts: [echo], http: [{directResponse: {status: 404}}]}
`,
    calls: [http('http://echo/', { status: 418 })],
  },
  {
    name: 'GRPCProxy: a method has a way of its own',
    config: own(
      'GRPCProxy',
      '{host: grpc, routes: [{match: [{service: echo.Echo, method: Unary}], to: [{subset: v2}]}, {}]}',
    ).concat(
      `---${own('WeightedDestinationRule', '{host: grpc, destinations: [{version: v1, weight: 100}, {version: v2, weight: 0}]}', 'versions')}`,
    ),
    calls: [
      {
        kind: 'grpc',
        from: 'client',
        to: 'grpc:7000',
        rpc: 'Unary',
        message: 'a',
        times: 4,
        expect: { share: { 'grpc v2': [4, 4] } },
      },
      { kind: 'grpc', from: 'client', to: 'grpc:7000', rpc: 'ServerStream', message: 'a', expect: { served: 'grpc v1' } },
    ],
  },
  {
    name: 'VirtualGateway: one document opens the way in',
    config: own('VirtualGateway', '{hosts: [shop.example.com], to: {host: echo}}'),
    calls: [ingress('http://shop.example.com/', { status: 200 }), ingress('http://other.example.com/', { status: 404 })],
  },
  {
    name: 'VirtualGateway: routes, and a listener that only redirects',
    config: own(
      'VirtualGateway',
      `
  hosts: [shop.example.com]
  listeners: [{port: 80}]
  routes:
    - {match: [{path: {prefix: /other}}], to: [{host: other}], rewrite: {path: /}}
    - {to: [{host: echo}]}`,
    ).concat(
      `---${own('VirtualGateway', '{hosts: [secure.example.com], listeners: [{port: 80, redirectToHTTPS: true}]}', 'redirect')}`,
    ),
    calls: [
      ingress('http://shop.example.com/other', { served: 'other v1', path: '/' }),
      ingress('http://secure.example.com/a', { status: 301, headers: { location: 'https://secure.example.com/a' } }),
    ],
  },
]

export const ownKinds: readonly Scenario[] = [...limits, ...resilience, ...sharing, ...routing]

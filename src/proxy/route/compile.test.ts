import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RouteConfiguration } from '../../xds/gen/envoy/config/route/v3/route.ts'
import { CorsPolicy } from '../../xds/gen/envoy/extensions/filters/http/cors/v3/cors.ts'
import { type JsonValue, jsonToBytes } from '../../xds/wire/json.ts'
import { ROUTE } from '../../xds/wire/type-url.ts'
import { HeaderList } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import { compileRoutes } from './compile.ts'
import { RouteConfigError } from './config-error.ts'
import type { ResponseContext } from './decision.ts'

function table(config: { [key: string]: JsonValue }) {
  return compileRoutes(RouteConfiguration.decode(jsonToBytes(ROUTE, { name: 'r', ...config })))
}

function oneHost(routes: JsonValue[], more: { [key: string]: JsonValue } = {}) {
  return table({ virtualHosts: [{ name: 'v', domains: ['*'], routes, ...more }] })
}

function request(path: string, headers: Record<string, string> = {}, more: Partial<RequestHead> = {}): RequestHead {
  return {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'shop.example',
    path,
    headers: new HeaderList(Object.entries(headers).flat()),
    upgrade: undefined,
    ...more,
  }
}

function context(random = 0.5, cookies: string[] = []): ResponseContext {
  return {
    remoteAddress: '10.1.2.3',
    remotePort: 5000,
    localAddress: '10.9.9.9',
    localPort: 80,
    startTime: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    random: () => random,
    metadata: undefined,
    setCookie: value => cookies.push(value),
    upstreamHost: '10.0.0.1:8080',
    upstreamCluster: 'c',
    responseCode: 200,
    responseFlags: '-',
  }
}

test('compileRoutes() gives the same decision object for each request when nothing depends on the request', () => {
  const routes = oneHost([{ name: 'only', match: { prefix: '/' }, route: { cluster: 'c' } }])
  const decision = routes.match(request('/a'), context())
  assert.ok(decision && decision !== 'tls-required')
  assert.equal(decision.route, 'only')
  assert.equal(decision.virtualHost, 'v')
  assert.equal(routes.match(request('/b?c'), context()), decision)
})

test('compileRoutes() carries the origin of the route, or else of its virtual host', () => {
  const origin = (rule: string) => ({
    filterMetadata: { 'mizzen.dev': { origin: 'VirtualService shop/catalog', file: 'mesh.yaml', line: 7, rule } },
  })
  const routes = oneHost(
    [
      { match: { path: '/a' }, route: { cluster: 'c' }, metadata: origin('http[1]') },
      { match: { prefix: '/' }, route: { cluster: 'c' } },
    ],
    { metadata: origin('') },
  )
  const rule = (path: string) => {
    const decision = routes.match(request(path), context())
    return decision && decision !== 'tls-required' ? decision.origin : undefined
  }
  assert.deepEqual(rule('/a'), { origin: 'VirtualService shop/catalog', file: 'mesh.yaml', line: 7, rule: 'http[1]' })
  assert.equal(rule('/b')?.rule, '')
})

test('compileRoutes() refuses bad settings of a filter when they arrive', () => {
  const fault = { '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault', abort: { httpStatus: 99 } }
  assert.throws(
    () =>
      oneHost([{ match: { prefix: '/' }, route: { cluster: 'c' }, typedPerFilterConfig: { 'envoy.filters.http.fault': fault } }]),
    /route routes\[0\]: typed_per_filter_config "envoy.filters.http.fault": .*abort.http_status is 99/,
  )
})

test('compileRoutes() gives each filter the settings of the most specific level', () => {
  const cors = (allowMethods: string) => ({
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy',
    allowMethods,
  })
  const off = { '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig', disabled: true }
  const clusters = [{ name: 'c', weight: 1, typedPerFilterConfig: { a: cors('CLUSTER') } }]
  const routes = oneHost(
    [
      {
        match: { prefix: '/' },
        route: { weightedClusters: { clusters } },
        typedPerFilterConfig: { a: cors('ROUTE'), b: cors('ROUTE'), d: off },
      },
    ],
    { typedPerFilterConfig: { a: cors('HOST'), b: cors('HOST'), c: cors('HOST'), d: cors('HOST') } },
  )
  const decision = routes.match(request('/'), context())
  assert.ok(decision && decision !== 'tls-required')
  const { filterConfigs } = decision.action
  const methods = (name: string) => CorsPolicy.decode(filterConfigs.get(name)?.value ?? new Uint8Array()).allowMethods
  assert.deepEqual(['a', 'b', 'c'].map(methods), ['CLUSTER', 'ROUTE', 'HOST'])
  assert.equal(filterConfigs.get('d')?.disabled, true)
})

test('compileRoutes() samples mirrors and weights by the random number it is given', () => {
  const fraction = { defaultValue: { numerator: 25 } }
  const routes = oneHost([
    {
      match: { prefix: '/' },
      route: {
        weightedClusters: {
          clusters: [
            { name: 'a', weight: 90 },
            { name: 'b', weight: 10 },
          ],
        },
        requestMirrorPolicies: [{ cluster: 'copy', runtimeFraction: fraction }, { cluster: 'all' }],
      },
    },
  ])
  const taken = (random: number) => {
    const decision = routes.match(request('/'), context(random))
    assert.ok(decision && decision !== 'tls-required' && decision.action.kind === 'forward')
    const { cluster, mirrors } = decision.action
    return [cluster, ...mirrors.filter(mirror => mirror.sample(context(random))).map(mirror => mirror.cluster)]
  }
  assert.deepEqual(taken(0.1), ['a', 'copy', 'all'])
  assert.deepEqual(taken(0.5), ['a', 'all'])
  assert.deepEqual(taken(0.95), ['b', 'all'])
})

test('compileRoutes() reads upgrades, priority, subset and attempt count', () => {
  const routes = oneHost(
    [
      {
        match: { prefix: '/' },
        route: {
          cluster: 'c',
          priority: 'HIGH',
          metadataMatch: { filterMetadata: { 'envoy.lb': { version: 'v2', canary: true } } },
          upgradeConfigs: [
            { upgradeType: 'WebSocket' },
            { upgradeType: 'other', enabled: false },
            { upgradeType: 'CONNECT', connectConfig: {} },
          ],
        },
      },
    ],
    { includeRequestAttemptCount: true },
  )
  const decision = routes.match(request('/'), context())
  assert.ok(decision && decision !== 'tls-required' && decision.action.kind === 'forward')
  const { action } = decision
  assert.equal(action.priority, 'high')
  assert.deepEqual(
    [...(action.subset ?? [])],
    [
      ['version', 'v2'],
      ['canary', 'true'],
    ],
  )
  assert.deepEqual(
    [...action.upgrades],
    [
      ['websocket', true],
      ['other', false],
      ['connect', true],
    ],
  )
  assert.equal(action.terminateConnect, true)
  assert.equal(action.includeAttemptCount, true)
  assert.equal(action.includeAttemptCountInResponse, false)
})

test('compileRoutes() demands TLS of plaintext requests when the virtual host does', () => {
  const demanding = (requireTls: string) => oneHost([{ match: { prefix: '/' }, route: { cluster: 'c' } }], { requireTls })
  assert.equal(demanding('ALL').match(request('/'), context()), 'tls-required')
  assert.notEqual(demanding('ALL').match(request('/', { 'x-forwarded-proto': 'https' }), context()), 'tls-required')
  assert.equal(demanding('EXTERNAL_ONLY').match(request('/'), context()), 'tls-required')
  assert.notEqual(demanding('EXTERNAL_ONLY').match(request('/', { 'x-envoy-internal': 'true' }), context()), 'tls-required')
})

const REFUSED: readonly (readonly [name: string, config: { [key: string]: JsonValue }, message: RegExp])[] = [
  [
    'a regex does not parse',
    {
      virtualHosts: [
        { name: 'v', domains: ['*'], routes: [{ name: 'n', match: { safeRegex: { regex: '/a(' } }, route: { cluster: 'c' } }] },
      ],
    },
    /^Cannot apply route configuration "r": virtual host "v", route "n" \(routes\[0\]\): Cannot compile regular expression "\/a\("/,
  ],
  [
    'a domain occurs twice',
    {
      virtualHosts: [
        { name: 'v', domains: ['a.b'] },
        { name: 'w', domains: ['A.b'] },
      ],
    },
    /virtual host "w": the domain "A.b" occurs twice/,
  ],
  ['a virtual host has no domains', { virtualHosts: [{ name: 'v' }] }, /virtual host "v": it has no domains/],
  [
    'a route has no action',
    { virtualHosts: [{ name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' } }] }] },
    /route routes\[0\]: it has no action, expected route, redirect or direct_response/,
  ],
  [
    'a header value has an unknown command',
    { requestHeadersToAdd: [{ header: { key: 'x', value: '%FOO%' } }] },
    /header value "%FOO%" has the command "FOO", which is not supported, expected one of PROTOCOL/,
  ],
  [
    'a header value ends in a command',
    { requestHeadersToAdd: [{ header: { key: 'x', value: '50%' } }] },
    /no valid command at position 2/,
  ],
  [
    'a pseudo-header is added',
    { requestHeadersToAdd: [{ header: { key: ':path', value: 'x' } }] },
    /neither a pseudo-header nor Host/,
  ],
  [
    'a header value has a line break',
    { requestHeadersToAdd: [{ header: { key: 'x', value: 'a\r\nb: c' } }] },
    /line break or a NUL in its value/,
  ],
  ['a header name is no token', { responseHeadersToAdd: [{ header: { key: 'a b', value: 'x' } }] }, /is called "a b"/],
  ['a virtual host has no name', { virtualHosts: [{ domains: ['a'] }] }, /a virtual host has no name/],
  ['Host is removed', { requestHeadersToRemove: ['Host'] }, /the header "Host" is to be removed/],
]

for (const [name, config, message] of REFUSED)
  test(`compileRoutes() throws a RouteConfigError when ${name}`, () => {
    assert.throws(
      () => table(config),
      error => error instanceof RouteConfigError && message.test(error.message),
    )
  })

const REFUSED_ROUTES: readonly (readonly [name: string, route: JsonValue, message: RegExp])[] = [
  ['weights add up to nothing', { weightedClusters: { clusters: [{ name: 'a', weight: 0 }] } }, /add up to 0/],
  ['a weighted cluster has no name', { weightedClusters: { clusters: [{ weight: 1 }] } }, /neither name and cluster_header/],
  [
    'both path rewrites are given',
    { cluster: 'c', prefixRewrite: '/x', regexRewrite: { pattern: { regex: 'a' }, substitution: 'b' } },
    /both prefix_rewrite/,
  ],
  [
    'a substitution names a missing group',
    { cluster: 'c', regexRewrite: { pattern: { regex: 'a' }, substitution: '\\1' } },
    /names group 1/,
  ],
  [
    'the back-off shrinks',
    { cluster: 'c', retryPolicy: { retryBackOff: { baseInterval: '1s', maxInterval: '0.5s' } } },
    /expected at least base_interval/,
  ],
  ['a hash policy is empty', { cluster: 'c', hashPolicy: [{}] }, /a hash_policy is empty/],
  [
    'an upgrade occurs twice',
    { cluster: 'c', upgradeConfigs: [{ upgradeType: 'websocket' }, { upgradeType: 'WebSocket' }] },
    /occurs twice/,
  ],
  ['a timeout is below zero', { cluster: 'c', timeout: '-1s' }, /route.timeout is -1000 ms, expected 0 or more/],
  [
    'a query parameter to hash has no name',
    { cluster: 'c', hashPolicy: [{ queryParameter: {} }] },
    /query_parameter has no name/,
  ],
  ['a mirror has no cluster', { cluster: 'c', requestMirrorPolicies: [{}] }, /has no cluster/],
  ['a plug-in chooses the cluster', { clusterSpecifierPlugin: 'p' }, /route has clusterSpecifierPlugin/],
]

for (const [name, route, message] of REFUSED_ROUTES)
  test(`compileRoutes() throws when ${name}`, () => {
    assert.throws(() => oneHost([{ match: { prefix: '/' }, route }]), message)
  })

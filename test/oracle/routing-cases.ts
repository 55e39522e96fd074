/**
 * What a RouteConfiguration means, as a table: each case is a configuration, each of its rows a request and what must become of it.
 * routing.test.ts runs it on the compiled route table and on Envoy; both must give exactly this.
 */
import type { JsonValue } from '../../src/xds/wire/json.ts'
import type { Ask, Outcome } from './routing.ts'

/** A cluster's name: forwarded there unchanged. A number: that status, with nothing else. */
export type Want = string | number | Outcome
export type Row = readonly [ask: string | Ask, want: Want]

export interface Case {
  readonly name: string
  readonly config: JsonValue
  readonly rows: readonly Row[]
}

const match = (field: string, value: JsonValue, cluster: string) => ({ match: { [field]: value }, route: { cluster } })
const prefix = (value: string, cluster: string) => match('prefix', value, cluster)
const exact = (value: string, cluster: string) => match('path', value, cluster)
const regex = (value: string, cluster: string) => match('safeRegex', { regex: value }, cluster)
const config = (routes: readonly object[], virtualHost: object = {}, more: object = {}): JsonValue =>
  JSON.parse(
    // Clusters may be missing: in a mesh, routes and clusters arrive on their own.
    JSON.stringify({
      name: 'r',
      validateClusters: false,
      virtualHosts: [{ name: 'v', domains: ['*'], routes, ...virtualHost }],
      ...more,
    }),
  )
const hosts = (domains: Readonly<Record<string, readonly string[]>>, more: object = {}): JsonValue =>
  JSON.parse(
    JSON.stringify({
      name: 'r',
      virtualHosts: Object.entries(domains).map(([cluster, names]) => ({
        name: cluster,
        domains: names,
        routes: [prefix('/', cluster)],
      })),
      ...more,
    }),
  )
/** One route with these header matchers leads to a, all else to b. */
const headers = (...matchers: JsonValue[]) =>
  config([{ match: { prefix: '/', headers: matchers }, route: { cluster: 'a' } }, prefix('/', 'b')])
const query = (...matchers: JsonValue[]) =>
  config([{ match: { prefix: '/', queryParameters: matchers }, route: { cluster: 'a' } }, prefix('/', 'b')])
const action = (route: object, matcher: object = { prefix: '/' }) =>
  config([{ match: matcher, route: { cluster: 'a', ...route } }])
const redirect = (fields: object, matcher: object = { prefix: '/' }) => config([{ match: matcher, redirect: fields }])
const add = (key: string, value: string, appendAction = 'APPEND_IF_EXISTS_OR_ADD', more: object = {}) => ({
  header: { key, value },
  appendAction,
  ...more,
})
const at = (host: string, path = '/'): Ask => ({ path, host })
const having = (fields: Ask['headers'], path = '/'): Ask => ({ path, ...(fields && { headers: fields }) })
const moved = (location: string, status = 301): Outcome => ({ status, location, response: {} })
const original = (path: string) => ({ request: { 'x-envoy-original-path': path } })

export const CASES: readonly Case[] = [
  {
    name: 'virtual hosts: exact, longest suffix, longest prefix, any',
    config: hosts({
      a: ['shop.example', '*.shop.example', 'www.*'],
      b: ['*.example', '*-dev.example', 'www.shop.*'],
      c: ['*'],
    }),
    rows: [
      [at('shop.example'), 'a'],
      [at('SHOP.Example'), { cluster: 'a', host: 'SHOP.Example' }],
      [at('x.shop.example'), 'a'],
      [at('x.y.shop.example'), 'a'],
      [at('.shop.example'), 'b'],
      [at('other.example'), 'b'],
      [at('x-dev.example'), 'b'],
      [at('www.shop.org'), 'b'],
      [at('www.org'), 'a'],
      [at('www.'), 'c'],
      [at('elsewhere.org'), 'c'],
      [at('shop.example:8080'), 'c'],
    ],
  },
  {
    name: 'virtual hosts: none for this host',
    config: hosts({ a: ['only.example'] }),
    rows: [
      [at('only.example'), 'a'],
      [at('other.example'), 404],
    ],
  },
  {
    name: 'virtual hosts: domains with ports',
    config: hosts({ a: ['shop.example:8080'], b: ['shop.example'], c: ['*'] }),
    rows: [
      [at('shop.example:8080'), 'a'],
      [at('shop.example'), 'b'],
      [at('shop.example:80'), 'c'],
    ],
  },
  {
    name: 'virtual hosts: port ignored',
    config: hosts({ a: ['shop.example', '[::1]'], b: ['*.example'] }, { ignorePortInHostMatching: true }),
    rows: [
      [at('shop.example:8080'), 'a'],
      [at('x.example:1'), 'b'],
      [at('[::1]:80'), 'a'],
      [at('[::1]'), 'a'],
    ],
  },
  {
    name: 'paths: the first match wins',
    config: config([exact('/a', 'a'), prefix('/a', 'b'), prefix('/', 'c')]),
    rows: [
      ['/a', 'a'],
      ['/a?x=1', { cluster: 'a', path: '/a?x=1' }],
      ['/a/', 'b'],
      ['/ab', 'b'],
      ['/', 'c'],
      ['/A', 'c'],
    ],
  },
  {
    name: 'paths: no route matches',
    config: config([exact('/a', 'a')]),
    rows: [['/b', 404]],
  },
  {
    name: 'paths: case does not count',
    config: config([
      { match: { path: '/Exact', caseSensitive: false }, route: { cluster: 'a' } },
      { match: { prefix: '/Pre', caseSensitive: false }, route: { cluster: 'b' } },
      { match: { pathSeparatedPrefix: '/Sep', caseSensitive: false }, route: { cluster: 'c' } },
    ]),
    rows: [
      ['/eXACT', 'a'],
      ['/exact/', 404],
      ['/PREfix', 'b'],
      ['/sEP/x', 'c'],
      ['/separate', 404],
    ],
  },
  {
    name: 'paths: a prefix of whole segments',
    config: config([match('pathSeparatedPrefix', '/api', 'a'), prefix('/', 'b')]),
    rows: [
      ['/api', 'a'],
      ['/api?x', 'a'],
      ['/api/', 'a'],
      ['/api/v1', 'a'],
      ['/apis', 'b'],
    ],
  },
  {
    name: 'paths: a regex matches the whole path without the query',
    config: config([regex('/v[0-9]+/.*', 'a'), regex('/(?:x|xy)', 'b'), regex('.*\\.js', 'c')]),
    rows: [
      ['/v12/x', 'a'],
      ['/v12/x?q=1', 'a'],
      ['/v/x', 404],
      ['/xy', 'b'],
      ['/xyz', 404],
      ['/s/app.js', 'c'],
      ['/s/app.js?v=2', 'c'],
      ['/s/app.jsx', 404],
    ],
  },
  {
    name: 'paths: prefix "/" and the empty prefix',
    config: config([prefix('/x', 'a'), prefix('', 'b')]),
    rows: [
      ['/x', 'a'],
      ['/', 'b'],
    ],
  },
  {
    name: 'paths: parameters left out',
    config: config([exact('/a/b', 'a'), prefix('/', 'b')], {}, { ignorePathParametersInPathMatching: true }),
    rows: [
      ['/a/b;v=1', 'a'],
      ['/a;v=1/b', 'a'],
      ['/a/;v=1/b', 'b'],
      ['/a/b;v=1?x=1;y', 'a'],
      ['/a/b?x;y', 'a'],
    ],
  },
  {
    name: 'paths: parameters left out of matching stay in the rewritten path',
    config: config(
      [{ match: { prefix: '/a/b' }, route: { cluster: 'a', prefixRewrite: '/new' } }, prefix('/', 'b')],
      {},
      { ignorePathParametersInPathMatching: true },
    ),
    rows: [
      ['/a/b;x=1/c;y', { cluster: 'a', path: '/new;x=1/c;y' }],
      ['/a;x=1/b', { cluster: 'a', path: '/a;x=1/b' }],
    ],
  },
  {
    name: 'paths: CONNECT',
    config: config([
      {
        match: { connectMatcher: {}, headers: [{ name: ':authority', stringMatch: { prefix: 'x.' } }] },
        route: { cluster: 'b' },
      },
      { match: { connectMatcher: {} }, route: { cluster: 'a' } },
      prefix('/', 'c'),
    ]),
    rows: [
      [
        { method: 'CONNECT', path: 'db.example:443' },
        { cluster: 'a', host: 'db.example:443', path: '' },
      ],
      [{ method: 'CONNECT', path: 'x.example:443' }, { cluster: 'b' }],
      ['/', 'c'],
    ],
  },
  {
    name: 'paths: CONNECT does not match a prefix',
    config: config([prefix('/', 'c'), prefix('', 'c')]),
    rows: [[{ method: 'CONNECT', path: 'db.example:443' }, 404]],
  },
  {
    name: 'headers: string matches',
    config: headers({ name: 'X-Group', stringMatch: { exact: 'test' } }),
    rows: [
      [having({ 'x-group': 'test' }), 'a'],
      [having({ 'X-GROUP': 'test' }), 'a'],
      [having({ 'x-group': 'Test' }), 'b'],
      [having({ 'x-group': 'test2' }), 'b'],
      ['/', 'b'],
    ],
  },
  {
    name: 'headers: string match forms',
    config: headers(
      { name: 'p', stringMatch: { prefix: 'ab' } },
      { name: 's', stringMatch: { suffix: 'yz' } },
      { name: 'c', stringMatch: { contains: 'mn' } },
      { name: 'r', stringMatch: { safeRegex: { regex: '[0-9]+' } } },
      { name: 'i', stringMatch: { exact: 'Case', ignoreCase: true } },
    ),
    rows: [
      [having({ p: 'abc', s: 'xyz', c: 'lmno', r: '12', i: 'cASE' }), 'a'],
      [having({ p: 'aBc', s: 'xyz', c: 'lmno', r: '12', i: 'cASE' }), 'b'],
      [having({ p: 'abc', s: 'xyzz', c: 'lmno', r: '12', i: 'cASE' }), 'b'],
      [having({ p: 'abc', s: 'xyz', c: 'lmmo', r: '12', i: 'cASE' }), 'b'],
      [having({ p: 'abc', s: 'xyz', c: 'lmno', r: '12x', i: 'cASE' }), 'b'],
      [having({ p: 'abc', s: 'xyz', c: 'lmno', r: '12', i: 'cASES' }), 'b'],
    ],
  },
  {
    name: 'headers: older forms',
    config: headers(
      { name: 'e', exactMatch: 'v' },
      { name: 'p', prefixMatch: 'ab' },
      { name: 's', suffixMatch: 'yz' },
      { name: 'c', containsMatch: 'mn' },
      { name: 'r', safeRegexMatch: { regex: 'a|ab' } },
    ),
    rows: [
      [having({ e: 'v', p: 'ab', s: 'yz', c: 'mn', r: 'ab' }), 'a'],
      [having({ e: 'w', p: 'ab', s: 'yz', c: 'mn', r: 'ab' }), 'b'],
      [having({ e: 'v', p: 'ab', s: 'yz', c: 'mn', r: 'abb' }), 'b'],
    ],
  },
  {
    name: 'headers: of several fields of one name, one that matches is enough',
    config: headers({ name: 'x', stringMatch: { exact: '2' } }),
    rows: [
      [having({ x: ['1', '2'] }), 'a'],
      [having({ x: ['1', '3'] }), 'b'],
      [having({ x: '1,2' }), 'b'],
      [having({ x: '2' }), 'a'],
    ],
  },
  {
    name: 'headers: several fields, inverted',
    config: headers({ name: 'x', stringMatch: { exact: '2' }, invertMatch: true }),
    rows: [
      [having({ x: ['1', '2'] }), 'b'],
      [having({ x: ['1', '3'] }), 'a'],
      [having({ x: '1,2' }), 'a'],
    ],
  },
  {
    name: 'headers: ranges',
    config: headers({ name: 'n', rangeMatch: { start: '-5', end: '10' } }),
    rows: [
      [having({ n: '-5' }), 'a'],
      [having({ n: '9' }), 'a'],
      [having({ n: '10' }), 'b'],
      [having({ n: '+3' }), 'a'],
      [having({ n: '3.0' }), 'b'],
      [having({ n: '0x3' }), 'b'],
      [having({ n: '' }), 'b'],
      ['/', 'b'],
    ],
  },
  {
    name: 'headers: present',
    config: headers({ name: 'x', presentMatch: true }),
    rows: [
      [having({ x: 'v' }), 'a'],
      [having({ x: '' }), 'a'],
      ['/', 'b'],
    ],
  },
  {
    name: 'headers: absent',
    config: headers({ name: 'x', presentMatch: false }),
    rows: [
      [having({ x: 'v' }), 'b'],
      ['/', 'a'],
    ],
  },
  {
    name: 'headers: present, inverted',
    config: headers({ name: 'x', presentMatch: true, invertMatch: true }),
    rows: [
      [having({ x: 'v' }), 'b'],
      ['/', 'a'],
    ],
  },
  {
    name: 'headers: only a name',
    config: headers({ name: 'x' }),
    rows: [
      [having({ x: 'v' }), 'a'],
      ['/', 'b'],
    ],
  },
  {
    name: 'headers: inverted, a missing one matches nothing',
    config: headers({ name: 'x', stringMatch: { exact: 'v' }, invertMatch: true }),
    rows: [
      [having({ x: 'v' }), 'b'],
      [having({ x: 'w' }), 'a'],
      ['/', 'b'],
    ],
  },
  {
    name: 'headers: inverted, a missing one counts as empty',
    config: headers({ name: 'x', stringMatch: { exact: 'v' }, invertMatch: true, treatMissingHeaderAsEmpty: true }),
    rows: [
      [having({ x: 'v' }), 'b'],
      ['/', 'a'],
    ],
  },
  {
    name: 'headers: a missing one counts as empty',
    config: headers({ name: 'x', stringMatch: { exact: '' }, treatMissingHeaderAsEmpty: true }),
    rows: [
      [having({ x: 'v' }), 'b'],
      ['/', 'a'],
    ],
  },
  {
    name: 'headers: a range, inverted, a missing one counts as empty',
    config: headers({ name: 'x', rangeMatch: { start: '0', end: '10' }, invertMatch: true, treatMissingHeaderAsEmpty: true }),
    rows: [
      [having({ x: '5' }), 'b'],
      ['/', 'a'],
    ],
  },
  {
    name: 'headers: present, a missing one counts as empty',
    config: headers({ name: 'x', presentMatch: true, treatMissingHeaderAsEmpty: true }),
    rows: [
      [having({ x: '5' }), 'a'],
      ['/', 'a'],
    ],
  },
  {
    name: 'headers: pseudo-headers',
    config: config([
      { match: { prefix: '/', headers: [{ name: ':method', stringMatch: { exact: 'POST' } }] }, route: { cluster: 'a' } },
      { match: { prefix: '/', headers: [{ name: ':path', stringMatch: { suffix: 'q=1' } }] }, route: { cluster: 'b' } },
      { match: { prefix: '/', headers: [{ name: ':authority', stringMatch: { exact: 'x.example' } }] }, route: { cluster: 'c' } },
      { match: { prefix: '/', headers: [{ name: 'host', stringMatch: { exact: 'y.example' } }] }, route: { cluster: 'c' } },
      { match: { prefix: '/', headers: [{ name: ':scheme', stringMatch: { exact: 'https' } }] }, route: { cluster: 'a' } },
    ]),
    rows: [
      [{ path: '/', method: 'POST' }, 'a'],
      ['/?q=1', 'b'],
      [at('x.example'), 'c'],
      [at('y.example'), 'c'],
      [having({ 'x-forwarded-proto': 'https' }), 'a'],
      ['/', 404],
    ],
  },
  {
    name: 'query parameters',
    config: query({ name: 'v', stringMatch: { exact: '1' } }),
    rows: [
      ['/?v=1', 'a'],
      ['/?x=2&v=1', 'a'],
      ['/?v=2&v=1', 'b'],
      ['/?v=1&v=2', 'a'],
      ['/?vv=1', 'b'],
      ['/?v', 'b'],
      ['/?V=1', 'b'],
      ['/', 'b'],
    ],
  },
  {
    name: 'query parameters: encoded',
    config: query({ name: 'v', stringMatch: { exact: 'a b' } }),
    rows: [
      ['/?v=a%20b', 'b'],
      ['/?v=a+b', 'b'],
    ],
  },
  {
    name: 'query parameters: forms',
    config: query(
      { name: 'r', stringMatch: { safeRegex: { regex: '[a-z]+' } } },
      { name: 'p', presentMatch: true },
      { name: 'n', presentMatch: false },
      { name: 'o' },
    ),
    rows: [
      ['/?r=abc&p&o=', 'a'],
      ['/?r=abc&p&o&n', 'b'],
      ['/?r=ab1&p&o', 'b'],
      ['/?r=abc&o', 'b'],
    ],
  },
  {
    name: 'query parameters: empty value',
    config: query({ name: 'v', stringMatch: { exact: '' } }),
    rows: [
      ['/?v', 'a'],
      ['/?v=', 'a'],
      ['/?', 'b'],
      ['/', 'b'],
    ],
  },
  {
    name: 'runtime fractions of all and of nothing',
    config: config([
      { match: { prefix: '/', runtimeFraction: { defaultValue: { numerator: 0 } } }, route: { cluster: 'a' } },
      {
        match: { prefix: '/', runtimeFraction: { defaultValue: { numerator: 1000000, denominator: 'MILLION' } } },
        route: { cluster: 'b' },
      },
    ]),
    rows: [['/', 'b']],
  },
  {
    name: 'gRPC only',
    config: config([{ match: { prefix: '/', grpc: {} }, route: { cluster: 'a' } }, prefix('/', 'b')]),
    rows: [
      [having({ 'content-type': 'application/grpc' }), 'a'],
      [having({ 'content-type': 'application/grpc+proto' }), 'a'],
      [having({ 'content-type': 'application/grpcx' }), 'b'],
      [having({ 'content-type': 'application/json' }), 'b'],
      ['/', 'b'],
    ],
  },
  {
    name: 'actions: cluster from a header',
    config: config([{ match: { prefix: '/' }, route: { clusterHeader: 'x-to' } }]),
    rows: [
      [having({ 'x-to': 'b' }), 'b'],
      [having({ 'x-to': 'nowhere' }), 503],
      [having({ 'x-to': ['c', 'b'] }), { cluster: 'c' }],
      ['/', 503],
    ],
  },
  {
    name: 'actions: status when the cluster is missing',
    config: config([
      { match: { prefix: '/404' }, route: { cluster: 'missing', clusterNotFoundResponseCode: 'NOT_FOUND' } },
      { match: { prefix: '/500' }, route: { cluster: 'missing', clusterNotFoundResponseCode: 'INTERNAL_SERVER_ERROR' } },
      { match: { prefix: '/' }, route: { cluster: 'missing' } },
    ]),
    rows: [
      ['/404', 404],
      ['/500', 500],
      ['/', 503],
    ],
  },
  {
    name: 'weights: all on one',
    config: config([
      {
        match: { prefix: '/' },
        route: {
          weightedClusters: {
            clusters: [
              { name: 'a', weight: 0 },
              { name: 'b', weight: 7 },
            ],
          },
        },
      },
    ]),
    rows: [['/', 'b']],
  },
  {
    name: 'weights: a header decides',
    config: config([
      {
        match: { prefix: '/' },
        route: {
          weightedClusters: {
            headerName: 'x-n',
            clusters: [
              { name: 'a', weight: 10 },
              { name: 'b', weight: 20 },
              { name: 'c', weight: 70 },
            ],
          },
        },
      },
    ]),
    rows: [
      [having({ 'x-n': '0' }), 'a'],
      [having({ 'x-n': '9' }), 'a'],
      [having({ 'x-n': '10' }), 'b'],
      [having({ 'x-n': '29' }), 'b'],
      [having({ 'x-n': '30' }), 'c'],
      [having({ 'x-n': '109' }), 'a'],
      [having({ 'x-n': '18446744073709551615' }), 'b'],
    ],
  },
  {
    name: 'weights: a cluster with headers, host and a cluster from a header',
    config: config([
      {
        match: { prefix: '/' },
        route: {
          weightedClusters: {
            headerName: 'x-n',
            clusters: [
              {
                name: 'a',
                weight: 1,
                requestHeadersToAdd: [add('x-t-w', 'a')],
                responseHeadersToAdd: [add('x-t-rw', 'a')],
                requestHeadersToRemove: ['x-t-gone'],
              },
              { name: 'b', weight: 1, hostRewriteLiteral: 'b.example' },
              { clusterHeader: 'x-to', weight: 1 },
            ],
          },
        },
        requestHeadersToAdd: [add('x-t-r', 'route')],
      },
    ]),
    rows: [
      [
        having({ 'x-n': '0', 'x-t-gone': '1' }),
        { cluster: 'a', request: { 'x-t-w': 'a', 'x-t-r': 'route' }, response: { 'x-t-upstream': 'yes', 'x-t-rw': 'a' } },
      ],
      [
        having({ 'x-n': '1', 'x-t-gone': '1' }),
        { cluster: 'b', host: 'b.example', request: { 'x-t-gone': '1', 'x-t-r': 'route' } },
      ],
      [having({ 'x-n': '2', 'x-to': 'c' }), { cluster: 'c', request: { 'x-t-r': 'route' } }],
    ],
  },
  {
    name: 'prefix_rewrite after a prefix',
    config: action({ prefixRewrite: '/new/' }, { prefix: '/old/' }),
    rows: [
      ['/old/x?q=1', { cluster: 'a', path: '/new/x?q=1', ...original('/old/x?q=1') }],
      ['/old/', { cluster: 'a', path: '/new/', ...original('/old/') }],
    ],
  },
  {
    name: 'prefix_rewrite: only the part that matched',
    config: action({ prefixRewrite: '/new' }, { prefix: '/old' }),
    rows: [
      ['/older', { cluster: 'a', path: '/newer', ...original('/older') }],
      ['/old?q', { cluster: 'a', path: '/new?q', ...original('/old?q') }],
    ],
  },
  {
    name: 'prefix_rewrite with the prefix "/"',
    config: action({ prefixRewrite: '/new' }, { prefix: '/' }),
    rows: [['/foo', { cluster: 'a', path: '/newfoo', ...original('/foo') }]],
  },
  {
    name: 'prefix_rewrite after an exact path',
    config: action({ prefixRewrite: '/new' }, { path: '/old' }),
    rows: [['/old?q=1', { cluster: 'a', path: '/new?q=1', ...original('/old?q=1') }]],
  },
  {
    name: 'prefix_rewrite after a regex',
    config: action({ prefixRewrite: '/new' }, { safeRegex: { regex: '/o.*' } }),
    rows: [['/old/x?q=1', { cluster: 'a', path: '/new?q=1', ...original('/old/x?q=1') }]],
  },
  {
    name: 'prefix_rewrite after a segment prefix',
    config: action({ prefixRewrite: '/new' }, { pathSeparatedPrefix: '/old' }),
    rows: [
      ['/old/x', { cluster: 'a', path: '/new/x', ...original('/old/x') }],
      ['/old?q', { cluster: 'a', path: '/new?q', ...original('/old?q') }],
    ],
  },
  {
    name: 'prefix_rewrite after a prefix without regard to case',
    config: action({ prefixRewrite: '/new' }, { prefix: '/old', caseSensitive: false }),
    rows: [['/OLD/x', { cluster: 'a', path: '/new/x', ...original('/OLD/x') }]],
  },
  {
    name: 'regex_rewrite',
    config: action({ regexRewrite: { pattern: { regex: '^/service/([^/]+)(/.*)$' }, substitution: '\\2/instance/\\1' } }),
    rows: [
      [
        '/service/foo/v1/api?q=/service/',
        { cluster: 'a', path: '/v1/api/instance/foo?q=/service/', ...original('/service/foo/v1/api?q=/service/') },
      ],
      ['/other', { cluster: 'a', path: '/other', ...original('/other') }],
    ],
  },
  {
    name: 'regex_rewrite: every occurrence',
    config: action({ regexRewrite: { pattern: { regex: 'o' }, substitution: '0' } }),
    rows: [['/foo/o', { cluster: 'a', path: '/f00/0', ...original('/foo/o') }]],
  },
  {
    name: 'host_rewrite_literal',
    config: action({ hostRewriteLiteral: 'new.example' }),
    rows: [['/', { cluster: 'a', host: 'new.example', request: { 'x-envoy-original-host': 'shop.example' } }]],
  },
  {
    name: 'host_rewrite_literal, the former host kept',
    config: action({ hostRewriteLiteral: 'new.example', appendXForwardedHost: true }),
    rows: [
      [
        '/',
        {
          cluster: 'a',
          host: 'new.example',
          request: { 'x-envoy-original-host': 'shop.example', 'x-forwarded-host': 'shop.example' },
        },
      ],
      [
        having({ 'x-forwarded-host': 'before.example' }),
        {
          cluster: 'a',
          host: 'new.example',
          request: { 'x-envoy-original-host': 'shop.example', 'x-forwarded-host': 'before.example,shop.example' },
        },
      ],
      [
        having({ 'x-forwarded-host': 'shop.example' }),
        { cluster: 'a', request: { 'x-envoy-original-host': 'shop.example', 'x-forwarded-host': 'shop.example' } },
      ],
    ],
  },
  {
    name: 'host_rewrite_header',
    config: action({ hostRewriteHeader: 'x-host' }),
    rows: [
      [having({ 'x-host': 'new.example' }), { cluster: 'a', host: 'new.example' }],
      [having({ 'x-host': '' }), { cluster: 'a', host: 'shop.example' }],
      [having({ 'x-host': ['one.example', 'two.example'] }), { cluster: 'a', host: 'one.example' }],
      ['/', 'a'],
    ],
  },
  {
    name: 'host_rewrite_path_regex',
    config: action({ hostRewritePathRegex: { pattern: { regex: '^/(.+)/.+$' }, substitution: '\\1.example' } }),
    rows: [['/cart/x?y', { cluster: 'a', host: 'cart.example' }]],
  },
  {
    name: 'redirects: host, scheme and port',
    config: config([
      { match: { prefix: '/host' }, redirect: { hostRedirect: 'new.example' } },
      { match: { prefix: '/https' }, redirect: { httpsRedirect: true } },
      { match: { prefix: '/scheme' }, redirect: { schemeRedirect: 'https' } },
      { match: { prefix: '/port' }, redirect: { portRedirect: 8443 } },
      {
        match: { prefix: '/all' },
        redirect: { httpsRedirect: true, hostRedirect: 'new.example', portRedirect: 8443, responseCode: 'PERMANENT_REDIRECT' },
      },
    ]),
    rows: [
      ['/host?q=1', moved('http://new.example/host?q=1')],
      ['/https', moved('https://shop.example/https')],
      [at('shop.example:80', '/https'), moved('https://shop.example/https')],
      [at('shop.example:8080', '/https'), moved('https://shop.example:8080/https')],
      [at('[::1]:80', '/https'), moved('https://[::1]/https')],
      [at('shop.example:80', '/host'), moved('http://new.example/host')],
      ['/scheme', moved('https://shop.example/scheme')],
      [{ path: '/host', headers: { 'x-forwarded-proto': 'https' } }, moved('https://new.example/host')],
      [
        { path: '/https', host: 'shop.example:443', headers: { 'x-forwarded-proto': 'https' } },
        moved('https://shop.example:443/https'),
      ],
      [at('shop.example:8080', '/port'), moved('http://shop.example:8443/port')],
      ['/all', moved('https://new.example:8443/all', 308)],
    ],
  },
  {
    name: 'redirects: status codes',
    config: config(
      ['FOUND', 'SEE_OTHER', 'TEMPORARY_REDIRECT'].map(responseCode => ({
        match: { path: `/${responseCode}` },
        redirect: { pathRedirect: '/x', responseCode },
      })),
    ),
    rows: [
      ['/FOUND', moved('http://shop.example/x', 302)],
      ['/SEE_OTHER', moved('http://shop.example/x', 303)],
      ['/TEMPORARY_REDIRECT', moved('http://shop.example/x', 307)],
    ],
  },
  {
    name: 'redirects: path',
    config: config([
      { match: { prefix: '/plain' }, redirect: { pathRedirect: '/new' } },
      { match: { prefix: '/strip' }, redirect: { pathRedirect: '/new', stripQuery: true } },
      { match: { prefix: '/own' }, redirect: { pathRedirect: '/new?own=1', stripQuery: true } },
      { match: { prefix: '/prefix' }, redirect: { prefixRewrite: '/new' } },
      { match: { prefix: '/gone' }, redirect: { prefixRewrite: '/new', stripQuery: true } },
      {
        match: { prefix: '/regex' },
        redirect: { regexRewrite: { pattern: { regex: '^/regex/(\\d+)$' }, substitution: '/n/\\1' } },
      },
      { match: { path: '/exact' }, redirect: { prefixRewrite: '/new' } },
    ]),
    rows: [
      ['/plain/x?q=1', moved('http://shop.example/new?q=1')],
      ['/strip?q=1', moved('http://shop.example/new')],
      ['/own?q=1', moved('http://shop.example/new?own=1')],
      ['/prefix/x?q=1', moved('http://shop.example/new/x?q=1')],
      ['/gone/x?q=1', moved('http://shop.example/new/x')],
      ['/regex/12?q=1', moved('http://shop.example/n/12?q=1')],
      ['/exact?q=1', moved('http://shop.example/new?q=1')],
    ],
  },
  {
    name: 'redirects: the query alone is stripped',
    config: redirect({ stripQuery: true, hostRedirect: 'new.example' }),
    rows: [['/x?q=1', moved('http://new.example/x')]],
  },
  {
    name: 'direct responses',
    config: config(
      [
        {
          match: { path: '/ok' },
          directResponse: { status: 200, body: { inlineString: 'fine' } },
          responseHeadersToAdd: [add('x-t-r', 'route')],
        },
        { match: { path: '/empty' }, directResponse: { status: 418 } },
      ],
      { responseHeadersToAdd: [add('x-t-v', 'host')] },
    ),
    rows: [
      ['/ok', { status: 200, body: 'fine', response: { 'x-t-r': 'route', 'x-t-v': 'host' } }],
      ['/empty', { status: 418, body: '', response: { 'x-t-v': 'host' } }],
    ],
  },
  {
    name: 'TLS demanded',
    config: config([prefix('/', 'a')], { requireTls: 'ALL' }),
    rows: [
      ['/x?q=1', moved('https://shop.example/x?q=1')],
      [having({ 'x-forwarded-proto': 'https' }), 'a'],
    ],
  },
  {
    name: 'header changes: actions',
    config: config([
      {
        match: { prefix: '/' },
        route: { cluster: 'a' },
        requestHeadersToAdd: [
          add('x-t-append', '1'),
          add('x-t-absent', '2', 'ADD_IF_ABSENT'),
          add('x-t-over', '3', 'OVERWRITE_IF_EXISTS_OR_ADD'),
          add('x-t-exists', '4', 'OVERWRITE_IF_EXISTS'),
        ],
      },
    ]),
    rows: [
      ['/', { cluster: 'a', request: { 'x-t-append': '1', 'x-t-absent': '2', 'x-t-over': '3' } }],
      [
        having({ 'x-t-append': '0', 'x-t-absent': '0', 'x-t-over': '0', 'x-t-exists': '0' }),
        { cluster: 'a', request: { 'x-t-append': '0, 1', 'x-t-absent': '0', 'x-t-over': '3', 'x-t-exists': '4' } },
      ],
    ],
  },
  {
    name: 'header changes: removal comes before addition',
    config: config([
      {
        match: { prefix: '/' },
        route: { cluster: 'a' },
        requestHeadersToAdd: [add('x-t-x', 'new'), add('x-t-copy', '%REQ(x-t-x)%')],
        requestHeadersToRemove: ['X-T-X'],
        responseHeadersToRemove: ['x-t-upstream'],
      },
    ]),
    rows: [[having({ 'x-t-x': 'old' }), { cluster: 'a', request: { 'x-t-x': 'new' }, response: {} }]],
  },
  {
    name: 'header changes: the most general level wins',
    config: config(
      [
        {
          match: { prefix: '/' },
          route: { cluster: 'a' },
          requestHeadersToAdd: [add('x-t-o', 'route', 'OVERWRITE_IF_EXISTS_OR_ADD'), add('x-t-a', 'route')],
          responseHeadersToAdd: [add('x-t-o', 'route', 'OVERWRITE_IF_EXISTS_OR_ADD')],
        },
      ],
      {
        requestHeadersToAdd: [add('x-t-o', 'host', 'OVERWRITE_IF_EXISTS_OR_ADD'), add('x-t-a', 'host')],
        responseHeadersToAdd: [add('x-t-o', 'host', 'OVERWRITE_IF_EXISTS_OR_ADD')],
      },
      {
        requestHeadersToAdd: [add('x-t-o', 'all', 'OVERWRITE_IF_EXISTS_OR_ADD'), add('x-t-a', 'all')],
        responseHeadersToAdd: [add('x-t-o', 'all', 'OVERWRITE_IF_EXISTS_OR_ADD')],
      },
    ),
    rows: [
      [
        '/',
        {
          cluster: 'a',
          request: { 'x-t-o': 'all', 'x-t-a': 'route, host, all' },
          response: { 'x-t-o': 'all', 'x-t-upstream': 'yes' },
        },
      ],
    ],
  },
  {
    name: 'header changes: the most specific level wins',
    config: config(
      [
        {
          match: { prefix: '/' },
          route: {
            weightedClusters: {
              clusters: [
                {
                  name: 'a',
                  weight: 1,
                  requestHeadersToAdd: [add('x-t-o', 'cluster', 'OVERWRITE_IF_EXISTS_OR_ADD'), add('x-t-a', 'cluster')],
                },
              ],
            },
          },
          requestHeadersToAdd: [add('x-t-o', 'route', 'OVERWRITE_IF_EXISTS_OR_ADD'), add('x-t-a', 'route')],
          responseHeadersToAdd: [add('x-t-o', 'route', 'OVERWRITE_IF_EXISTS_OR_ADD')],
        },
      ],
      {
        requestHeadersToAdd: [add('x-t-o', 'host', 'OVERWRITE_IF_EXISTS_OR_ADD'), add('x-t-a', 'host')],
        responseHeadersToAdd: [add('x-t-o', 'host', 'OVERWRITE_IF_EXISTS_OR_ADD')],
      },
      { mostSpecificHeaderMutationsWins: true, requestHeadersToAdd: [add('x-t-a', 'all')] },
    ),
    rows: [
      [
        '/',
        {
          cluster: 'a',
          request: { 'x-t-o': 'route', 'x-t-a': 'cluster, all, host, route' },
          response: { 'x-t-o': 'route', 'x-t-upstream': 'yes' },
        },
      ],
    ],
  },
  {
    name: 'header values: operators',
    config: config([
      {
        match: { prefix: '/' },
        route: { cluster: 'a', prefixRewrite: '/new/' },
        requestHeadersToAdd: [
          add('x-t-protocol', '%PROTOCOL%'),
          add('x-t-from', '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%'),
          add('x-t-literal', '100%% of %REQ(x-in)%, %REQ(:method)%'),
          add('x-t-path', '%REQ(:path)%'),
          add('x-t-other', '%REQ(x-none?x-in)%'),
          add('x-t-short', '%REQ(x-in):2%'),
          add('x-t-none', '%REQ(x-none)%'),
          add('x-t-kept', '%REQ(x-none)%', 'APPEND_IF_EXISTS_OR_ADD', { keepEmptyValue: true }),
          add('x-t-query', '%QUERY_PARAM(q)%'),
          add('x-t-path-nq', '%PATH(NQ)%'),
        ],
        responseHeadersToAdd: [
          add('x-t-code', '%RESPONSE_CODE%'),
          add('x-t-resp', '%RESP(x-t-upstream)%'),
          add('x-t-orig', '%REQ(x-envoy-original-path?:path)%'),
        ],
      },
    ]),
    rows: [
      [
        having({ 'x-in': 'value' }, '/p?q=1'),
        {
          cluster: 'a',
          path: '/new/p?q=1',
          request: {
            'x-t-protocol': 'HTTP/1.1',
            'x-t-from': '127.0.0.1',
            'x-t-literal': '100% of value, GET',
            'x-t-path': '/p?q=1',
            'x-t-other': 'value',
            'x-t-short': 'va',
            'x-t-kept': '',
            'x-t-query': '1',
            'x-t-path-nq': '/p',
            'x-envoy-original-path': '/p?q=1',
          },
          response: { 'x-t-upstream': 'yes', 'x-t-code': '200', 'x-t-resp': 'yes', 'x-t-orig': '/p?q=1' },
        },
      ],
    ],
  },
  {
    name: 'header values: several fields of one name',
    config: config([{ match: { prefix: '/' }, route: { cluster: 'a' }, requestHeadersToAdd: [add('x-t-copy', '%REQ(x)%')] }]),
    rows: [[having({ x: ['1', '2'] }), { cluster: 'a', request: { 'x-t-copy': '1' } }]],
  },
  {
    name: 'header values: text beyond ASCII',
    config: config([
      {
        match: { prefix: '/', headers: [{ name: 'x', stringMatch: { exact: 'é' } }] },
        route: { cluster: 'a' },
        requestHeadersToAdd: [add('x-t-é'.slice(0, 4) + 'e', 'ü')],
      },
      {
        match: { prefix: '/', headers: [{ name: 'x', stringMatch: { safeRegex: { regex: '^.{4}$' } } }] },
        route: { cluster: 'b' },
      },
    ]),
    rows: [
      [
        having({ x: Buffer.from('é').toString('latin1') }),
        { cluster: 'a', request: { 'x-t-e': Buffer.from('ü').toString('latin1') } },
      ],
      [having({ x: Buffer.from('éü').toString('latin1') }), 'b'],
    ],
  },
]

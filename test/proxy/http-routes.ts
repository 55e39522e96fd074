/** The routes that `http-cases.ts` meets. */
import type { JsonValue } from '../../src/xds/wire/json.ts'

const RETRY = {
  retryOn: '5xx,reset,connect-failure',
  numRetries: 2,
  retryBackOff: { baseInterval: '0.001s', maxInterval: '0.002s' },
}

const FAULT = 'envoy.filters.http.fault'
const FAULT_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'

const LIMIT = 'envoy.filters.http.local_ratelimit'
const ALL = { defaultValue: { numerator: 100 } }
const ONE_AN_HOUR = { maxTokens: 1, tokensPerFill: 1, fillInterval: '3600s' }
/** A route's own local limit. */
const limit = (more: { [field: string]: JsonValue }): JsonValue => ({
  [LIMIT]: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
    statPrefix: 'limit',
    filterEnabled: ALL,
    filterEnforced: ALL,
    ...more,
  },
})

const web = { cluster: 'web' }

/** Of the proxy's own answers: a header where no connection was made, and another answer where no cluster is. */
export const LOCAL_REPLIES: JsonValue = {
  mappers: [
    {
      filter: { responseFlagFilter: { flags: ['UF'] } },
      headersToAdd: [{ header: { key: 'grpc-status', value: '14' }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' }],
    },
    {
      filter: { responseFlagFilter: { flags: ['NC'] } },
      statusCode: 555,
      body: { inlineString: 'there is no cluster\n' },
      headersToAdd: [{ header: { key: 'x-path', value: '%REQ(:path)%' } }],
    },
  ],
}

export const HTTP_ROUTES: JsonValue = [
  {
    name: 'direct',
    match: { prefix: '/direct' },
    directResponse: { status: 203, body: { inlineString: 'directly\n' } },
    responseHeadersToAdd: [{ header: { key: 'x-added', value: 'yes' } }],
  },
  { name: 'nobody', match: { prefix: '/nobody' }, directResponse: { status: 404 } },
  { name: 'redirect', match: { prefix: '/redirect' }, redirect: { hostRedirect: 'new.test', prefixRewrite: '/moved' } },
  { name: 'none', match: { prefix: '/none' }, route: { cluster: 'none' } },
  { name: 'empty', match: { prefix: '/empty-cluster' }, route: { cluster: 'empty' } },
  { name: 'dead', match: { prefix: '/dead' }, route: { cluster: 'dead' } },
  { name: 'slow', match: { prefix: '/slow' }, route: { ...web, timeout: '0.2s' } },
  { name: 'retry', match: { prefix: '/retry/' }, route: { ...web, retryPolicy: RETRY } },
  { name: 'retry-dead', match: { prefix: '/retry-dead' }, route: { cluster: 'dead', retryPolicy: RETRY } },
  {
    name: 'tight',
    match: { prefix: '/tight/' },
    route: { ...web, timeout: '5s', retryPolicy: { ...RETRY, numRetries: 1, perTryTimeout: '0.1s' } },
  },
  {
    name: 'silent',
    match: { prefix: '/silent/' },
    route: { ...web, prefixRewrite: '/', timeout: '5s', retryPolicy: { ...RETRY, numRetries: 1, perTryIdleTimeout: '0.1s' } },
  },
  { name: 'prefix', match: { prefix: '/prefix/' }, route: { ...web, prefixRewrite: '/' } },
  { name: 'host', match: { prefix: '/host/' }, route: { ...web, hostRewriteLiteral: 'rewritten.test' } },
  {
    name: 'headers',
    match: { prefix: '/headers/' },
    route: { ...web, timeout: '0s' },
    requestHeadersToAdd: [{ header: { key: 'x-route', value: '%REQ(:path)%' } }],
    requestHeadersToRemove: ['x-away'],
    responseHeadersToAdd: [{ header: { key: 'x-from', value: 'route' }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' }],
  },
  {
    name: 'abort',
    match: { prefix: '/abort' },
    route: web,
    typedPerFilterConfig: { [FAULT]: { '@type': FAULT_TYPE, abort: { httpStatus: 555, percentage: { numerator: 100 } } } },
  },
  {
    name: 'grpc-abort',
    match: { prefix: '/grpc-abort' },
    route: web,
    typedPerFilterConfig: { [FAULT]: { '@type': FAULT_TYPE, abort: { grpcStatus: 7, percentage: { numerator: 100 } } } },
  },
  {
    name: 'delay',
    match: { prefix: '/delay' },
    route: { ...web, prefixRewrite: '/echo' },
    typedPerFilterConfig: { [FAULT]: { '@type': FAULT_TYPE, delay: { fixedDelay: '0.05s', percentage: { numerator: 100 } } } },
  },
  {
    name: 'delay-abort',
    match: { prefix: '/both-faults' },
    directResponse: { status: 200 },
    typedPerFilterConfig: {
      [FAULT]: {
        '@type': FAULT_TYPE,
        delay: { fixedDelay: '0.05s', percentage: { numerator: 100 } },
        abort: { httpStatus: 418, percentage: { numerator: 100 } },
      },
    },
  },
  {
    name: 'cors',
    match: { prefix: '/cors' },
    route: { ...web, prefixRewrite: '/echo' },
    typedPerFilterConfig: {
      'envoy.filters.http.cors': {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy',
        allowOriginStringMatch: [{ exact: 'http://page.test' }],
        allowMethods: 'GET,POST',
        allowHeaders: 'x-a',
        exposeHeaders: 'x-b',
        maxAge: '60',
        allowCredentials: true,
      },
    },
  },
  {
    name: 'limited',
    match: { prefix: '/limited' },
    route: { ...web, prefixRewrite: '/echo' },
    typedPerFilterConfig: limit({
      tokenBucket: ONE_AN_HOUR,
      status: { code: 503 },
      enableXRatelimitHeaders: 'DRAFT_VERSION_03',
      responseHeadersToAdd: [{ header: { key: 'x-limited', value: '%REQ(:path)%' } }],
    }),
  },
  {
    name: 'limited-by-user',
    match: { prefix: '/by-user' },
    route: {
      ...web,
      prefixRewrite: '/echo',
      rateLimits: [{ actions: [{ requestHeaders: { headerName: 'x-user', descriptorKey: 'user' } }] }],
    },
    typedPerFilterConfig: limit({
      tokenBucket: { ...ONE_AN_HOUR, maxTokens: 1000 },
      descriptors: [{ entries: [{ key: 'user' }], tokenBucket: ONE_AN_HOUR }],
      rateLimitedAsResourceExhausted: true,
    }),
  },
  {
    name: 'limited-shadow',
    match: { prefix: '/shadow-limit' },
    route: { ...web, prefixRewrite: '/echo' },
    typedPerFilterConfig: limit({
      tokenBucket: ONE_AN_HOUR,
      filterEnforced: { defaultValue: { numerator: 0 } },
      requestHeadersToAddWhenNotEnforced: [{ header: { key: 'x-over', value: 'yes' } }],
    }),
  },
  {
    name: 'limited-together',
    match: { prefix: '/shared-limit' },
    route: { ...web, rateLimits: [{ stage: 1, actions: [{ genericKey: { descriptorValue: 'all' } }] }] },
  },
  { name: 'mirror', match: { prefix: '/mirror/' }, route: { ...web, requestMirrorPolicies: [{ cluster: 'web' }] } },
  { name: 'h2', match: { prefix: '/h2/' }, route: { cluster: 'h2' } },
  { name: 'rest', match: { prefix: '/' }, route: web },
]

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RouteConfiguration } from '../../xds/gen/envoy/config/route/v3/route.ts'
import { type JsonValue, jsonToBytes } from '../../xds/wire/json.ts'
import { ROUTE } from '../../xds/wire/type-url.ts'
import { HeaderList } from '../http/headers.ts'
import { compileRoutes } from './compile.ts'
import { grpcTimeoutMs, requestTimeouts } from './timeouts.ts'

const GRPC = { 'content-type': 'application/grpc' }

/** The timeouts of a request over a route like this. */
function timeouts(route: { [key: string]: JsonValue }, fields: Record<string, string> = {}) {
  const config = {
    name: 'r',
    virtualHosts: [{ name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'c', ...route } }] }],
  }
  const headers = new HeaderList(Object.entries(fields).flat())
  const head = {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'a',
    path: '/',
    headers,
    upgrade: undefined,
  } as const
  const decision = compileRoutes(RouteConfiguration.decode(jsonToBytes(ROUTE, config))).match(
    { ...head },
    {
      remoteAddress: '',
      remotePort: 0,
      localAddress: '',
      localPort: 0,
      startTime: 0,
      random: () => 0,
      metadata: undefined,
      setCookie: () => {},
    },
  )
  assert.ok(decision && decision !== 'tls-required' && decision.action.kind === 'forward')
  const { timeoutMs, perTryTimeoutMs, maxStreamDurationMs } = requestTimeouts(decision.action, head)
  return [timeoutMs, perTryTimeoutMs, maxStreamDurationMs]
}

const CASES: readonly (readonly [
  name: string,
  route: { [key: string]: JsonValue },
  headers: Record<string, string>,
  expected: (number | undefined)[],
])[] = [
  ['nothing is said', {}, {}, [15_000, 0, undefined]],
  ['the route has none', { timeout: '0s' }, {}, [0, 0, undefined]],
  ['the route has one', { timeout: '1.5s' }, {}, [1500, 0, undefined]],
  ['a try has one', { timeout: '2s', retryPolicy: { perTryTimeout: '0.5s' } }, {}, [2000, 500, undefined]],
  ['a try has a longer one', { timeout: '2s', retryPolicy: { perTryTimeout: '3s' } }, {}, [2000, 0, undefined]],
  ['only a try has one', { timeout: '0s', retryPolicy: { perTryTimeout: '3s' } }, {}, [0, 3000, undefined]],
  ['the request asks', { timeout: '2s' }, { 'x-envoy-upstream-rq-timeout-ms': '700' }, [700, 0, undefined]],
  ['the request asks for a try', { timeout: '2s' }, { 'x-envoy-upstream-rq-per-try-timeout-ms': '70' }, [2000, 70, undefined]],
  ['the request asks for nonsense', { timeout: '2s' }, { 'x-envoy-upstream-rq-timeout-ms': 'soon' }, [2000, 0, undefined]],
  ['the stream is limited', { timeout: '2s', maxStreamDuration: { maxStreamDuration: '5s' } }, {}, [0, 0, 5000]],
  ['the stream is not limited', { maxStreamDuration: { maxStreamDuration: '0s' } }, {}, [0, 0, 0]],
  ['grpc-timeout counts', { maxStreamDuration: { grpcTimeoutHeaderMax: '0s' } }, { 'grpc-timeout': '3S' }, [0, 0, 3000]],
  ['grpc-timeout is capped', { maxStreamDuration: { grpcTimeoutHeaderMax: '1s' } }, { 'grpc-timeout': '3S' }, [0, 0, 1000]],
  ['grpc-timeout is missing', { maxStreamDuration: { grpcTimeoutHeaderMax: '1s' } }, {}, [0, 0, undefined]],
  [
    'grpc-timeout is shortened',
    { maxStreamDuration: { grpcTimeoutHeaderMax: '0s', grpcTimeoutHeaderOffset: '0.1s' } },
    { 'grpc-timeout': '3S' },
    [0, 0, 2900],
  ],
  ['grpc-timeout is not asked for', { timeout: '2s' }, { 'grpc-timeout': '3S', ...GRPC }, [2000, 0, undefined]],
  ['max_grpc_timeout caps', { timeout: '9s', maxGrpcTimeout: '1s' }, { 'grpc-timeout': '3S', ...GRPC }, [1000, 0, undefined]],
  [
    'max_grpc_timeout is endless',
    { timeout: '9s', maxGrpcTimeout: '0s' },
    { 'grpc-timeout': '3S', ...GRPC },
    [3000, 0, undefined],
  ],
  ['max_grpc_timeout meets no header', { timeout: '9s', maxGrpcTimeout: '1s' }, GRPC, [1000, 0, undefined]],
  [
    'max_grpc_timeout meets other traffic',
    { timeout: '9s', maxGrpcTimeout: '1s' },
    { 'grpc-timeout': '3S' },
    [9000, 0, undefined],
  ],
]

for (const [name, route, headers, expected] of CASES)
  test(`requestTimeouts() is [route, try, stream] ${JSON.stringify(expected)} when ${name}`, () => {
    assert.deepEqual(timeouts(route, headers), expected)
  })

test('grpcTimeoutMs() reads the units of the gRPC protocol', () => {
  for (const [text, ms] of [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['4m', 4],
    ['1500u', 2],
    ['1n', 1],
    ['123456789S', undefined],
    ['5', undefined],
    ['S', undefined],
    ['-1S', undefined],
  ] as const)
    assert.equal(grpcTimeoutMs(text), ms, text)
})

import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { HeaderList } from '../http/headers.ts'
import { Connection } from '../listener/connection.ts'
import { Drain } from '../listener/drain.ts'
import { DecisionRecord } from './decision-record.ts'
import { compileJsonFormat, compileTextFormat, DEFAULT_FORMAT } from './log-format.ts'

function record(): DecisionRecord {
  const facts = {
    remoteAddress: '10.0.0.9',
    remotePort: 4000,
    directAddress: '10.0.0.9',
    directPort: 4000,
    localAddress: '::1',
    localPort: 80,
    restored: false,
    transportProtocol: '',
    serverName: '',
    applicationProtocols: [],
  } as const
  const found = new DecisionRecord(new Connection({ ...facts }, new Socket(), new Drain()))
  found.request = {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'shop.test',
    path: '/new?q=1',
    headers: new HeaderList(['user-agent', 'curl "x"', 'x-umlaut', '\xc3\xa4']),
    upgrade: undefined,
  }
  found.originalPath = '/old?q=1'
  found.responseHeaders = new HeaderList(['x-from', 'backend'])
  found.responseTrailers = new HeaderList(['grpc-status', '14'])
  found.status = 503
  found.addFlag('URX')
  found.addFlag('UF')
  found.addFlag('URX')
  found.bytesSent = 12
  found.endedAt = found.startedAt + 7.9
  found.route = 'default'
  found.origin = { origin: 'VirtualService shop/cart', file: 'cart.yaml', line: 3, rule: 'http[0]' }
  return found
}

const TEXTS: readonly (readonly [format: string, expected: string])[] = [
  ['%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %REQ(:path)%', 'GET /old?q=1 /new?q=1'],
  ['%REQ_WITHOUT_QUERY(:PATH)%', '/new'],
  ['%REQ(USER-AGENT):4% %REQ(x-umlaut)% %REQ(nothing)%', 'curl ä -'],
  ['%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%', '503 URX,UF UpstreamRetryLimitExceeded,UpstreamConnectionFailure'],
  [
    '%RESP(x-from)% %TRAILER(grpc-status)% %GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)%',
    'backend 14 Unavailable UNAVAILABLE 14',
  ],
  ['%DURATION% %REQUEST_DURATION% %RESPONSE_DURATION% %BYTES_SENT%', '7 - - 12'],
  ['%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_PORT%', '10.0.0.9:4000 [::1]:80 80'],
  ['%UPSTREAM_HOST% %UPSTREAM_CLUSTER% %ROUTE_NAME% 100%%', '- - default 100%'],
  ['%METADATA(ROUTE:mizzen.dev:origin)% %METADATA(ROUTE:mizzen.dev:line)%', 'VirtualService shop/cart 3'],
]

for (const [format, expected] of TEXTS) {
  test(`compileTextFormat() writes ${format}`, () => assert.equal(compileTextFormat(format)(record()), expected))
}

test('compileTextFormat() writes the start time with milliseconds, or as asked', () => {
  const found = record()
  const iso = new Date(found.startTime).toISOString()
  assert.equal(compileTextFormat('%START_TIME%')(found), iso)
  assert.equal(compileTextFormat('%START_TIME(%Y-%m-%d)%')(found), iso.slice(0, 10))
  assert.match(
    compileTextFormat(DEFAULT_FORMAT)(found),
    /^\[.*Z\] "GET \/old\?q=1 HTTP\/1\.1" 503 URX,UF 0 12 7 - "-" "curl "x"" "-" "shop\.test" "-"\n$/,
  )
})

test('compileJsonFormat() keeps numbers, nests, sorts, and leaves out what is empty when told to', () => {
  const format = {
    z: '%BYTES_SENT%',
    a: { status: '%RESPONSE_CODE%', none: '%UPSTREAM_HOST%' },
    text: 'code %RESPONSE_CODE%',
    list: ['%PROTOCOL%', true],
  }
  assert.equal(
    compileJsonFormat(format, false, true)(record()),
    '{"a":{"none":null,"status":503},"list":["HTTP/1.1",true],"text":"code 503","z":12}\n',
  )
  assert.equal(compileJsonFormat({ a: '%UPSTREAM_HOST%', b: 1 }, true, false)(record()), '{"b":1}\n')
})

test('compileTextFormat() refuses what it does not know, naming it', () => {
  assert.throws(() => compileTextFormat('%NOTHING%'), /operator "NOTHING", expected one of/)
  assert.throws(() => compileTextFormat('%REQ(x)'), /"%REQ\(x\)", expected %NAME%/)
})

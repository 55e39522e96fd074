/** Timeouts, retries, faults, limits, and what a client sees when nobody answers. */
import { http, type Scenario } from '../scenario.ts'

const vs = (http: string, host = 'echo') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${host}}
spec:
  hosts: [${host}]
  http:
${http}`

const toEcho = 'route: [{destination: {host: echo}}]'
const toV1 = 'route: [{destination: {host: echo, subset: v1}}]'
const dr = (policy: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo}
spec:
  host: echo
  trafficPolicy: ${policy}
  subsets:
    - {name: v1, labels: {version: v1}}
    - {name: v2, labels: {version: v2}}
`

/** The topology's echo answers 503 to the first `n` requests that carry this key. */
const failFirst = (n: number, key: string, status = 503) => ({
  headers: { 'x-echo-fail-first': `${n}`, 'x-echo-key': key, 'x-echo-fail-status': `${status}` },
})

export const resilience: Scenario[] = [
  {
    name: 'a timeout ends a slow request with 504',
    mixed: true,
    config: vs(`    - timeout: 0.2s\n      retries: {attempts: 0}\n      ${toEcho}`),
    calls: [
      http(
        'http://echo/',
        { status: 504, body: 'upstream request timeout', tookMs: [150, 1500] },
        { headers: { 'x-echo-delay-ms': '2000' } },
      ),
      http('http://echo/', { status: 200 }),
    ],
  },
  {
    name: 'no timeout by default',
    calls: [http('http://echo/', { status: 200, tookMs: [600, 5000] }, { headers: { 'x-echo-delay-ms': '600' } })],
  },
  {
    name: 'retries go on until an attempt succeeds',
    config: vs(`    - retries: {attempts: 3, retryOn: 5xx}\n      ${toEcho}`),
    calls: [http('http://echo/', { status: 200, seen: { 'x-envoy-attempt-count': '3' } }, failFirst(2, 'retry-success'))],
  },
  {
    name: 'retries give up after the last attempt and pass its answer on',
    mixed: true,
    config:
      vs(`    - retries: {attempts: 2, retryOn: 5xx}\n      ${toV1}`) + `\n---${dr('{loadBalancer: {simple: ROUND_ROBIN}}')}`,
    calls: [http('http://echo/', { status: 500, received: { 'echo v1': [3, 3] } }, failFirst(9, 'retry-exhausted', 500))],
  },
  {
    name: 'attempts 0 switches retries off',
    config: vs(`    - retries: {attempts: 0}\n      ${toEcho}`),
    calls: [http('http://echo/', { status: 503 }, failFirst(1, 'retry-off'))],
  },
  {
    name: 'a status that retryOn does not name is not retried',
    config: vs(`    - retries: {attempts: 3, retryOn: gateway-error}\n      ${toEcho}`),
    calls: [
      http('http://echo/', { status: 500 }, failFirst(1, 'retry-other', 500)),
      http('http://echo/', { status: 200 }, failFirst(1, 'retry-gateway', 502)),
    ],
  },
  {
    name: 'retryOn takes status numbers',
    config: vs(`    - retries: {attempts: 2, retryOn: '418'}\n      ${toEcho}`),
    calls: [http('http://echo/', { status: 200 }, failFirst(1, 'retry-418', 418))],
  },
  {
    name: 'perTryTimeout ends one attempt, not the request',
    config: vs(`    - timeout: 5s\n      retries: {attempts: 2, perTryTimeout: 0.2s, retryOn: '5xx'}\n      ${toEcho}`),
    calls: [
      http(
        'http://echo/',
        { status: 200, tookMs: [150, 2500] },
        { headers: { 'x-echo-slow-first': '1', 'x-echo-key': 'per-try', 'x-echo-delay-ms': '3000' } },
      ),
    ],
  },
  {
    name: 'a request with a body is sent again whole',
    mixed: true,
    config: vs(`    - retries: {attempts: 3, retryOn: 5xx}\n      ${toEcho}`),
    calls: [
      http(
        'http://echo/',
        { status: 200, body: /"bodyLength":20000/ },
        { method: 'POST', body: 'b'.repeat(20_000), ...failFirst(2, 'retry-body') },
      ),
    ],
  },
  {
    name: 'a service that closes without an answer is a 503 by its own sidecar, and retried as such',
    mixed: true,
    config: vs(`    - retries: {attempts: 3, retryOn: 5xx}\n      ${toEcho}`),
    calls: [http('http://echo/', { status: 200 }, { headers: { 'x-echo-close-first': '1', 'x-echo-key': 'close' } })],
  },
  {
    name: 'fault.abort answers for the service',
    config: vs(`    - fault: {abort: {httpStatus: 555, percentage: {value: 100}}}\n      ${toEcho}`),
    calls: [
      http('http://echo/', { status: 555, body: 'fault filter abort', received: { 'echo v1': [0, 0], 'echo v2': [0, 0] } }),
    ],
  },
  {
    name: 'fault.abort by percentage',
    config:
      vs(`    - fault: {abort: {httpStatus: 500, percentage: {value: 50}}}\n      retries: {attempts: 0}\n      ${toV1}`) +
      `\n---${dr('{loadBalancer: {simple: RANDOM}}')}`,
    calls: [http('http://echo/', { share: { '500': [60, 140], 'echo v1': [60, 140] } }, { times: 200 })],
  },
  {
    name: 'a fault without a percentage never happens',
    config: vs(`    - fault: {abort: {httpStatus: 500}}\n      ${toEcho}`),
    calls: [http('http://echo/', { status: 200 }, { times: 5 })],
  },
  {
    name: 'fault.delay holds the request back',
    config: vs(`    - fault: {delay: {fixedDelay: 0.3s, percentage: {value: 100}}}\n      ${toEcho}`),
    calls: [http('http://echo/', { status: 200, tookMs: [280, 3000] })],
  },
  {
    name: 'a fault for the requests that ask for it',
    config: vs(`    - match: [{headers: {x-break: {exact: "yes"}}}]
      fault: {abort: {httpStatus: 503, percentage: {value: 100}}}
      ${toEcho}
    - ${toEcho}`),
    calls: [http('http://echo/', { status: 503 }, { headers: { 'x-break': 'yes' } }), http('http://echo/', { status: 200 })],
  },
  {
    name: 'one connection and one waiting request: the rest overflow with 503',
    mixed: true,
    config:
      dr('{connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1, maxRequestsPerConnection: 1}}}')
        .replace('host: echo', 'host: solo')
        .replaceAll('echo', 'solo') +
      `\n---${vs('    - retries: {attempts: 0}\n      route: [{destination: {host: solo}}]', 'solo')}`,
    calls: [
      http(
        'http://solo/',
        { share: { 'solo v1': [1, 3], '503': [5, 7] } },
        { times: 8, parallel: true, headers: { 'x-echo-delay-ms': '300' } },
      ),
    ],
  },
  {
    name: 'a destination that does not exist answers 503',
    config: vs('    - route: [{destination: {host: nowhere.example}}]'),
    calls: [http('http://echo/', { status: 503 })],
  },
  {
    name: 'a subset that no DestinationRule defines answers 503',
    config: vs('    - route: [{destination: {host: echo, subset: v9}}]'),
    calls: [http('http://echo/', { status: 503 })],
  },
  {
    name: 'a service without endpoints answers 503',
    config: `
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {selector: {app: nobody}, ports: [{name: http, port: 80}]}
`,
    calls: [http('http://empty/', { status: 503, body: 'no healthy upstream' })],
  },
  {
    name: 'an endpoint where nobody listens answers 503 after the retries',
    config: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: closed}
spec:
  hosts: [closed.example]
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: 127.0.0.1, ports: {http: 1}}]
`,
    calls: [http('http://closed.example/', { status: 503, body: /upstream connect error or disconnect\/reset before headers/ })],
  },
  {
    name: 'an upstream that dies in the middle of its answer does not look like success',
    mixed: true,
    calls: [http('http://echo/broken', { status: 0 }, { headers: { 'x-echo-die-after': '100' } })],
  },
]

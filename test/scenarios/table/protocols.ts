/** What is not plain HTTP/1.1: gRPC, WebSocket, TCP. */
import type { GrpcCall, Scenario, TcpCall } from '../scenario.ts'

const grpc = (rpc: GrpcCall['rpc'], message: string, expect: GrpcCall['expect'], more: Partial<GrpcCall> = {}): GrpcCall => ({
  kind: 'grpc',
  from: 'client',
  to: 'grpc:7000',
  rpc,
  message,
  expect,
  ...more,
})
const tcp = (expect: TcpCall['expect'], more: Partial<TcpCall> = {}): TcpCall => ({
  kind: 'tcp',
  from: 'client',
  to: 'tcp:9000',
  send: 'ping',
  expect,
  ...more,
})

const vs = (http: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: grpc}
spec:
  hosts: [grpc]
  http:
${http}`
const toGrpc = 'route: [{destination: {host: grpc}}]'
const subsets = (host: string) => `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${host}}
spec:
  host: ${host}
  subsets:
    - {name: v1, labels: {version: v1}}
    - {name: v2, labels: {version: v2}}
`

export const protocols: Scenario[] = [
  { name: 'gRPC unary', calls: [grpc('Unary', 'hello', { messages: ['hello'] })] },
  { name: 'gRPC server stream', calls: [grpc('ServerStream', 'a,b,c', { messages: ['a', 'b', 'c'] })] },
  { name: 'gRPC bidirectional stream', calls: [grpc('BidiStream', 'a,b,c', { messages: ['a', 'b', 'c'] })] },
  {
    name: 'gRPC is balanced call by call, not connection by connection',
    mixed: true,
    calls: [grpc('Unary', 'x', { pods: 2 }, { times: 40 })],
  },
  {
    name: 'gRPC status travels in trailers',
    mixed: true,
    calls: [grpc('Unary', 'x', { code: 'FAILED_PRECONDITION' }, { metadata: { 'x-echo-grpc-status': '9' } })],
  },
  {
    name: 'gRPC routes by method',
    config:
      vs(`    - match: [{uri: {exact: /echo.Echo/Unary}}]
      route: [{destination: {host: grpc, subset: v2}}]
    - route: [{destination: {host: grpc, subset: v1}}]`) + subsets('grpc'),
    calls: [
      grpc('Unary', 'x', { served: 'grpc v2' }, { times: 5 }),
      grpc('ServerStream', 'x', { served: 'grpc v1' }, { times: 5 }),
    ],
  },
  {
    name: 'gRPC routes by metadata',
    config:
      vs(`    - match: [{headers: {x-group: {exact: beta}}}]
      route: [{destination: {host: grpc, subset: v2}}]
    - route: [{destination: {host: grpc, subset: v1}}]`) + subsets('grpc'),
    calls: [
      grpc('Unary', 'x', { served: 'grpc v2' }, { metadata: { 'x-group': 'beta' } }),
      grpc('Unary', 'x', { served: 'grpc v1' }),
    ],
  },
  {
    name: 'gRPC weights',
    config:
      vs(`    - route:
        - {destination: {host: grpc, subset: v1}, weight: 50}
        - {destination: {host: grpc, subset: v2}, weight: 50}`) + subsets('grpc'),
    calls: [grpc('Unary', 'x', { share: { 'grpc v1': [60, 140], 'grpc v2': [60, 140] } }, { times: 200 })],
  },
  {
    name: 'gRPC retries by status',
    mixed: true,
    config: vs(`    - retries: {attempts: 3, retryOn: unavailable}\n      ${toGrpc}`),
    calls: [grpc('Unary', 'x', { code: 'OK' }, { metadata: { 'x-echo-fail-first': '2', 'x-echo-key': 'grpc-retry' } })],
  },
  {
    name: 'gRPC fault: abort with a gRPC status',
    config: vs(`    - fault: {abort: {grpcStatus: UNAVAILABLE, percentage: {value: 100}}}\n      ${toGrpc}`),
    calls: [grpc('Unary', 'x', { code: 'UNAVAILABLE' })],
  },
  {
    name: 'gRPC retries give up after the last attempt and pass its status on',
    config: vs(`    - retries: {attempts: 2, retryOn: unavailable}\n      ${toGrpc}`),
    calls: [grpc('Unary', 'x', { code: 'UNAVAILABLE' }, { metadata: { 'x-echo-fail-first': '9', 'x-echo-key': 'grpc-over' } })],
  },
  {
    name: 'gRPC: a status that retryOn does not name is not retried',
    config: vs(`    - retries: {attempts: 2, retryOn: cancelled}\n      ${toGrpc}`),
    calls: [grpc('Unary', 'x', { code: 'UNAVAILABLE' }, { metadata: { 'x-echo-fail-first': '1', 'x-echo-key': 'grpc-other' } })],
  },
  {
    name: 'gRPC fault: only calls that match are aborted',
    config: vs(`    - match: [{headers: {x-chaos: {regex: "(yes|on)"}}}]
      fault: {abort: {grpcStatus: RESOURCE_EXHAUSTED, percentage: {value: 100}}}
      ${toGrpc}
    - ${toGrpc}`),
    calls: [
      grpc('Unary', 'x', { code: 'RESOURCE_EXHAUSTED' }, { metadata: { 'x-chaos': 'on' } }),
      grpc('Unary', 'x', { code: 'OK' }, { metadata: { 'x-chaos': 'only' } }),
      grpc('Unary', 'x', { code: 'OK' }),
    ],
  },
  {
    name: 'gRPC: the first match of several counts, service before method',
    config:
      vs(`    - match: [{uri: {prefix: /echo.Other/}}]
      fault: {abort: {grpcStatus: UNIMPLEMENTED, percentage: {value: 100}}}
      ${toGrpc}
    - match: [{uri: {prefix: /echo.Echo/}, headers: {x-group: {prefix: be}}}]
      route: [{destination: {host: grpc, subset: v2}}]
    - match: [{uri: {prefix: /echo.Echo/}}]
      route: [{destination: {host: grpc, subset: v1}}]`) + subsets('grpc'),
    calls: [
      grpc('Unary', 'x', { served: 'grpc v2' }, { metadata: { 'x-group': 'beta' } }),
      grpc('BidiStream', 'a,b', { served: 'grpc v1', messages: ['a', 'b'] }, { metadata: { 'x-group': 'alpha' } }),
    ],
  },
  {
    name: 'gRPC by a full name, from another namespace',
    config: vs('    - route: [{destination: {host: grpc, subset: v2}}]') + subsets('grpc'),
    calls: [grpc('Unary', 'x', { served: 'grpc v2' }, { from: 'second-client', to: 'grpc.default.svc.cluster.local:7000' })],
  },
  {
    name: 'gRPC: equal metadata reaches one pod when it is hashed',
    config: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: grpc}
spec:
  host: grpc
  trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}
`,
    calls: ['anna', 'bela', 'carla'].map(user =>
      grpc('Unary', 'x', { onePod: true }, { metadata: { 'x-user': user }, times: 10 }),
    ),
  },
  {
    name: 'gRPC: no endpoint is UNAVAILABLE, not a bare 503',
    config: vs('    - route: [{destination: {host: grpc, subset: v9}}]'),
    calls: [grpc('Unary', 'x', { code: 'UNAVAILABLE' })],
    skip: { grpc: 'an xDS client waits 15 s for a cluster that nobody sends before it gives up, longer than calls here wait' },
  },
  {
    name: 'WebSocket: upgrade and frames both ways',
    mixed: true,
    calls: [{ kind: 'websocket', from: 'client', url: 'ws://echo/chat', send: 'ahoy', expect: { received: 'ahoy' } }],
  },
  {
    name: 'WebSocket through the gateway, routed by header match',
    config: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ws}
spec:
  hosts: ["*"]
  gateways: [gw]
  http: [{match: [{headers: {upgrade: {exact: websocket}}}], route: [{destination: {host: echo, subset: v2}}]}, {route: [{destination: {host: other}}]}]
${subsets('echo').slice(1)}`,
    calls: [
      {
        kind: 'websocket',
        from: 'gateway',
        url: 'ws://shop.example.com/chat',
        send: 'ahoy',
        expect: { served: 'echo v2', received: 'ahoy' },
      },
    ],
  },
  { name: 'TCP is forwarded byte for byte', calls: [tcp({})] },
  {
    name: 'TCP weights, connection by connection',
    mixed: true,
    config: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: tcp}
spec:
  hosts: [tcp]
  tcp:
    - route:
        - {destination: {host: tcp, subset: v1}, weight: 50}
        - {destination: {host: tcp, subset: v2}, weight: 50}
${subsets('tcp').slice(1)}`,
    calls: [tcp({ share: { 'tcp v1': [25, 75], 'tcp v2': [25, 75] } }, { times: 100 })],
  },
  {
    name: 'TCP to a subset',
    config: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: tcp}
spec: {hosts: [tcp], tcp: [{route: [{destination: {host: tcp, subset: v2}}]}]}
${subsets('tcp').slice(1)}`,
    calls: [tcp({ served: 'tcp v2' }, { times: 10 })],
  },
]

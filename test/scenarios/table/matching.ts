/** Which rule a request meets: every form of HTTPMatchRequest. */
import { http, ingress, type Scenario } from '../scenario.ts'

/** A VirtualService for `echo` whose rule has these matches and leads to v2; all else goes to v1. */
const v2When = (match: string, host = 'echo') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${host}}
spec:
  hosts: [${host}]
  http:
    - name: matched
      match: ${match}
      route: [{destination: {host: ${host}, subset: v2}}]
    - name: rest
      route: [{destination: {host: ${host}, subset: v1}}]
${subsets}`

const subsets = `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo}
spec:
  host: echo
  subsets:
    - {name: v1, labels: {version: v1}}
    - {name: v2, labels: {version: v2}}
`

const v1 = { served: 'echo v1' }
const v2 = { served: 'echo v2' }

export const matching: Scenario[] = [
  {
    name: 'a service without any Istio resource is reached by its name',
    calls: [http('http://echo/plain?q=1', { path: '/plain?q=1', host: 'echo' })],
  },
  {
    name: 'a service is reached by every form of its name',
    calls: ['echo', 'echo.default', 'echo.default.svc', 'echo.default.svc.cluster.local', 'echo:80', 'echo.default:80'].map(
      host => http(`http://${host}/`, { host: host }),
    ),
  },
  {
    name: 'a service of another namespace needs its namespace in the name',
    calls: [
      http('http://far.second/', { served: 'far v1' }),
      http('http://far/', { served: 'far v1' }, { from: 'second-client' }),
    ],
  },
  {
    name: 'uri exact matches the whole path and not the query',
    config: v2When('[{uri: {exact: /a}}]'),
    calls: [http('http://echo/a', v2), http('http://echo/a?x=1', v2), http('http://echo/a/', v1), http('http://echo/A', v1)],
  },
  {
    name: 'uri prefix is a plain string prefix',
    config: v2When('[{uri: {prefix: /api}}]'),
    calls: [http('http://echo/api/x', v2), http('http://echo/apiary', v2), http('http://echo/ap', v1)],
  },
  {
    name: 'uri regex must match the whole path',
    config: v2When("[{uri: {regex: '/item/[0-9]+'}}]"),
    calls: [
      http('http://echo/item/42', v2),
      http('http://echo/item/42?a=b', v2),
      http('http://echo/item/42/x', v1),
      http('http://echo/item/x', v1),
    ],
  },
  {
    name: 'ignoreUriCase applies to exact and prefix',
    config: v2When('[{uri: {prefix: /Api}, ignoreUriCase: true}]'),
    calls: [http('http://echo/API/x', v2), http('http://echo/api', v2), http('http://echo/x', v1)],
  },
  {
    name: 'headers: exact, prefix, regex and presence',
    config: v2When(
      "[{headers: {x-a: {exact: one}}}, {headers: {x-b: {prefix: pre}}}, {headers: {x-c: {regex: '[a-f]+'}}}, {headers: {x-d: {}}}]",
    ),
    calls: [
      http('http://echo/', v2, { headers: { 'x-a': 'one' } }),
      http('http://echo/', v1, { headers: { 'x-a': 'One' } }),
      http('http://echo/', v2, { headers: { 'x-b': 'prefix' } }),
      http('http://echo/', v2, { headers: { 'x-c': 'abc' } }),
      http('http://echo/', v1, { headers: { 'x-c': 'abcx' } }),
      http('http://echo/', v2, { headers: { 'x-d': 'anything' } }),
      http('http://echo/', v1),
    ],
  },
  {
    name: 'all conditions of one match must hold',
    config: v2When('[{uri: {prefix: /a}, headers: {x-a: {exact: one}}, method: {exact: POST}}]'),
    calls: [
      http('http://echo/a', v2, { headers: { 'x-a': 'one' }, method: 'POST', body: 'x' }),
      http('http://echo/a', v1, { headers: { 'x-a': 'one' } }),
      http('http://echo/b', v1, { headers: { 'x-a': 'one' }, method: 'POST', body: 'x' }),
    ],
  },
  {
    name: 'withoutHeaders excludes',
    config: v2When('[{withoutHeaders: {x-old: {exact: "yes"}}}]'),
    calls: [
      http('http://echo/', v2),
      http('http://echo/', v1, { headers: { 'x-old': 'yes' } }),
      http('http://echo/', v2, { headers: { 'x-old': 'no' } }),
    ],
  },
  {
    name: 'queryParams: exact, regex and presence',
    config: v2When("[{queryParams: {a: {exact: '1'}}}, {queryParams: {b: {regex: '[0-9]+'}}}]"),
    calls: [
      http('http://echo/?a=1', v2),
      http('http://echo/?x=y&a=1', v2),
      http('http://echo/?a=2', v1),
      http('http://echo/?b=77', v2),
      http('http://echo/?b=7x', v1),
    ],
  },
  {
    name: 'method: exact and regex',
    config: v2When("[{method: {regex: 'PUT|DELETE'}}]"),
    calls: [
      http('http://echo/', v2, { method: 'PUT', body: 'x' }),
      http('http://echo/', v2, { method: 'DELETE' }),
      http('http://echo/', v1),
    ],
  },
  {
    name: 'authority matches the Host header as it was sent',
    config: v2When('[{authority: {exact: echo.default}}]'),
    calls: [http('http://echo.default/', v2), http('http://echo/', v1)],
  },
  {
    name: 'scheme matches http for plaintext',
    config: v2When('[{scheme: {exact: http}, uri: {prefix: /s}}]'),
    calls: [http('http://echo/s', v2), http('http://echo/t', v1)],
  },
  {
    name: 'the first rule that matches wins, and nothing after a catch-all is reached',
    config: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo}
spec:
  hosts: [echo]
  http:
    - match: [{uri: {prefix: /a}}]
      route: [{destination: {host: echo, subset: v2}}]
    - route: [{destination: {host: echo, subset: v1}}]
    - match: [{uri: {prefix: /b}}]
      route: [{destination: {host: echo, subset: v2}}]
${subsets}`,
    calls: [http('http://echo/a', v2), http('http://echo/b', v1)],
  },
  {
    name: 'sourceLabels select the calling workload',
    config: v2When('[{sourceLabels: {app: client}}]'),
    calls: [http('http://echo/', v2), http('http://echo.default/', v1, { from: 'second-client' })],
  },
  {
    name: 'sourceNamespace selects the calling namespace',
    config: v2When('[{sourceNamespace: second}]'),
    calls: [http('http://echo/', v1), http('http://echo.default/', v2, { from: 'second-client' })],
  },
  {
    name: 'no rule matches: 404',
    config: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo}
spec:
  hosts: [echo]
  http:
    - match: [{uri: {exact: /only}}]
      route: [{destination: {host: echo}}]
`,
    calls: [http('http://echo/only', { status: 200 }), http('http://echo/other', { status: 404 })],
  },
  {
    name: 'exportTo "." keeps a VirtualService to its own namespace',
    config: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo}
spec:
  hosts: [echo]
  exportTo: ["."]
  http:
    - directResponse: {status: 299}
`,
    calls: [http('http://echo/', { status: 299 }), http('http://echo.default/', { status: 200 }, { from: 'second-client' })],
  },
  {
    name: 'a gateway routes by host, most specific first',
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
metadata: {name: exact}
spec:
  hosts: [shop.example.com]
  gateways: [gw]
  http: [{route: [{destination: {host: echo}}]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: wild}
spec:
  hosts: ["*.example.com"]
  gateways: [gw]
  http: [{route: [{destination: {host: other}}]}]
`,
    calls: [
      ingress('http://shop.example.com/', { host: 'shop.example.com' }),
      ingress('http://any.example.com/', { served: 'other v1' }),
      ingress('http://example.com/', { status: 404 }),
      ingress('http://elsewhere.org/', { status: 404 }),
    ],
  },
]

/** What happens to a request that met its rule: weights, rewrites, redirects, answers by the proxy, header changes. */
import { http, ingress, type Scenario } from '../scenario.ts'

const vs = (http: string, host = 'echo') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${host}}
spec:
  hosts: [${host}]
  http:
${http}`

const subsets = `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo}
spec:
  host: echo
  subsets:
    - {name: v1, labels: {version: v1}}
    - {name: v2, labels: {version: v2}}
`
const toEcho = 'route: [{destination: {host: echo}}]'

export const actions: Scenario[] = [
  {
    name: 'weights split traffic',
    config:
      vs(`    - route:
        - {destination: {host: echo, subset: v1}, weight: 80}
        - {destination: {host: echo, subset: v2}, weight: 20}`) + subsets,
    calls: [http('http://echo/', { share: { 'echo v1': [210, 270], 'echo v2': [30, 90] } }, { times: 300 })],
  },
  {
    name: 'weights need not add up to 100',
    config:
      vs(`    - route:
        - {destination: {host: echo, subset: v1}, weight: 1}
        - {destination: {host: echo, subset: v2}, weight: 1}`) + subsets,
    calls: [http('http://echo/', { share: { 'echo v1': [70, 130], 'echo v2': [70, 130] } }, { times: 200 })],
  },
  {
    name: 'weight 0 gets nothing',
    config:
      vs(`    - route:
        - {destination: {host: echo, subset: v1}, weight: 0}
        - {destination: {host: echo, subset: v2}, weight: 100}`) + subsets,
    calls: [http('http://echo/', { share: { 'echo v2': [40, 40] } }, { times: 40 })],
  },
  {
    name: 'a rule may lead to another service',
    config: vs('    - route: [{destination: {host: other}}]'),
    calls: [http('http://echo/', { served: 'other v1', host: 'echo' })],
  },
  {
    name: 'rewrite.uri replaces the matched prefix and keeps the query',
    config: vs(`    - match: [{uri: {prefix: /old}}]
      rewrite: {uri: /new}
      ${toEcho}
    - ${toEcho}`),
    calls: [http('http://echo/old/x?q=1', { path: '/new/x?q=1' }), http('http://echo/else', { path: '/else' })],
  },
  {
    name: 'rewrite.uri replaces the whole path of an exact match',
    config: vs(`    - match: [{uri: {exact: /old}}]
      rewrite: {uri: /brand/new}
      ${toEcho}`),
    calls: [http('http://echo/old?q=1', { path: '/brand/new?q=1' })],
  },
  {
    name: 'uriRegexRewrite uses groups',
    config: vs(`    - match: [{uri: {prefix: /user}}]
      rewrite: {uriRegexRewrite: {match: '^/user/([^/]+)(/.*)?$', rewrite: '/people\\2?id=\\1'}}
      ${toEcho}`),
    calls: [http('http://echo/user/ann/orders', { path: '/people/orders?id=ann' })],
  },
  {
    name: 'rewrite.authority changes the Host the service sees',
    mixed: true,
    config: vs(`    - rewrite: {authority: inner.example}
      ${toEcho}`),
    calls: [http('http://echo/', { host: 'inner.example' })],
  },
  {
    name: 'redirect: whole uri and authority, 301 by default',
    config: vs('    - redirect: {uri: /there, authority: elsewhere.example}'),
    calls: [http('http://echo/here', { status: 301, headers: { location: 'http://elsewhere.example/there' } })],
  },
  {
    name: 'redirect: scheme and code',
    config: vs('    - redirect: {scheme: https, redirectCode: 308}'),
    calls: [http('http://echo/a?b=c', { status: 308, headers: { location: 'https://echo/a?b=c' } })],
  },
  {
    name: 'redirect: port',
    config: vs('    - redirect: {port: 8443, scheme: https, redirectCode: 302}'),
    calls: [http('http://echo/a', { status: 302, headers: { location: 'https://echo:8443/a' } })],
  },
  {
    name: 'redirect: prefixRewrite',
    config: vs(`    - match: [{uri: {prefix: /v1}}]
      redirect: {prefixRewrite: /v2, redirectCode: 307}`),
    calls: [http('http://echo/v1/x', { status: 307, headers: { location: 'http://echo/v2/x' } })],
  },
  {
    name: 'directResponse answers in the place of the service',
    config: vs('    - directResponse: {status: 418, body: {string: "short and stout"}}'),
    calls: [http('http://echo/', { status: 418, body: 'short and stout', received: { 'echo v1': [0, 0], 'echo v2': [0, 0] } })],
  },
  {
    name: 'request headers: set, add, remove',
    mixed: true,
    config: vs(`    - headers: {request: {set: {x-set: new}, add: {x-add: more}, remove: [x-gone]}}
      ${toEcho}`),
    calls: [
      http(
        'http://echo/',
        { seen: { 'x-set': 'new', 'x-add': /one,\s?more/, 'x-gone': null } },
        { headers: { 'x-set': 'old', 'x-add': 'one', 'x-gone': 'bye' } },
      ),
    ],
  },
  {
    name: 'response headers: set, add, remove',
    config: vs(`    - headers: {response: {set: {x-shop: mizzen}, add: {x-more: "1"}, remove: [x-echo-pod]}}
      ${toEcho}`),
    calls: [http('http://echo/', { headers: { 'x-shop': 'mizzen', 'x-more': '1', 'x-echo-pod': null } })],
  },
  {
    name: 'headers of a destination apply to that destination only',
    config:
      vs(`    - match: [{uri: {prefix: /two}}]
      route: [{destination: {host: echo, subset: v2}, headers: {request: {set: {x-to: v2}}, response: {set: {x-from: v2}}}}]
    - route: [{destination: {host: echo, subset: v1}}]`) + subsets,
    calls: [
      http('http://echo/two', { seen: { 'x-to': 'v2' }, headers: { 'x-from': 'v2' } }),
      http('http://echo/one', { seen: { 'x-to': null }, headers: { 'x-from': null } }),
    ],
  },
  {
    name: 'a body of a megabyte arrives whole, both ways',
    mixed: true,
    calls: [
      http('http://echo/body', { body: /"bodyLength":1000000/ }, { method: 'POST', body: 'm'.repeat(1_000_000) }),
      http('http://echo/large?bytes=1000000', { body: /^x{1000000}$/ }),
    ],
  },
  {
    name: 'mirror sends a copy and answers from the original',
    mixed: true,
    config:
      vs(`    - route: [{destination: {host: echo, subset: v1}}]
      mirror: {host: echo, subset: v2}`) + subsets,
    calls: [
      http(
        'http://echo/copy',
        { share: { 'echo v1': [10, 10] }, received: { 'echo v1': [10, 10], 'echo v2': [10, 10] } },
        { times: 10 },
      ),
    ],
  },
  {
    name: 'mirrorPercentage 0 sends none',
    config:
      vs(`    - route: [{destination: {host: echo, subset: v1}}]
      mirror: {host: echo, subset: v2}
      mirrorPercentage: {value: 0}`) + subsets,
    calls: [http('http://echo/copy', { received: { 'echo v1': [10, 10], 'echo v2': [0, 0] } }, { times: 10 })],
  },
  {
    name: 'corsPolicy answers the preflight and marks the answer',
    config: vs(`    - corsPolicy:
        allowOrigins: [{exact: "https://shop.example"}]
        allowMethods: [GET, PUT]
        allowHeaders: [x-token]
        exposeHeaders: [x-echo-pod]
        maxAge: 60s
        allowCredentials: true
      ${toEcho}`),
    calls: [
      http(
        'http://echo/',
        {
          status: 200,
          headers: {
            'access-control-allow-origin': 'https://shop.example',
            'access-control-allow-methods': 'GET,PUT',
            'access-control-allow-headers': 'x-token',
            'access-control-max-age': '60',
            'access-control-allow-credentials': 'true',
          },
          received: { 'echo v1': [0, 0], 'echo v2': [0, 0] },
        },
        { method: 'OPTIONS', headers: { origin: 'https://shop.example', 'access-control-request-method': 'PUT' } },
      ),
      http(
        'http://echo/',
        { headers: { 'access-control-allow-origin': 'https://shop.example', 'access-control-expose-headers': 'x-echo-pod' } },
        { headers: { origin: 'https://shop.example' } },
      ),
      http('http://echo/', { headers: { 'access-control-allow-origin': null } }, { headers: { origin: 'https://evil.example' } }),
    ],
  },
  {
    name: 'a delegate VirtualService takes over a part of the paths',
    config: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root}
spec:
  hosts: [echo]
  http:
    - match: [{uri: {prefix: /team}}]
      delegate: {name: team}
    - ${toEcho}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: team}
spec:
  http:
    - match: [{uri: {prefix: /team/a}}]
      route: [{destination: {host: other}}]
`,
    calls: [http('http://echo/team/a', { served: 'other v1' }), http('http://echo/else', { status: 200, path: '/else' })],
  },
  {
    name: 'httpsRedirect on a gateway sends plaintext to https',
    config: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"], tls: {httpsRedirect: true}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: all}
spec:
  hosts: ["*"]
  gateways: [gw]
  http: [{route: [{destination: {host: echo}}]}]
`,
    calls: [ingress('http://shop.example.com/a?b=c', { status: 301, headers: { location: 'https://shop.example.com/a?b=c' } })],
  },
  {
    name: 'one VirtualService for the mesh and a gateway',
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
metadata: {name: both}
spec:
  hosts: [echo.default.svc.cluster.local]
  gateways: [gw, mesh]
  http: [{headers: {response: {set: {x-rule: both}}}, ${toEcho}}]
`,
    calls: [
      http('http://echo/', { headers: { 'x-rule': 'both' } }),
      ingress('http://echo.default.svc.cluster.local/', { headers: { 'x-rule': 'both' } }),
    ],
  },
]

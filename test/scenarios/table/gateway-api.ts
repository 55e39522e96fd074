/** The Gateway API: routes at a gateway and in the mesh, their order, filters, and what comes of references that lead nowhere. */
import { http, ingress, type Scenario } from '../scenario.ts'

/** A Gateway on the topology's ingress gateway. */
const gateway = `
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  ports: [{name: http, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: istio-system}
spec:
  gatewayClassName: mizzen
  addresses: [{type: Hostname, value: istio-ingressgateway}]
  listeners:
    - {name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
---`

const parts = ['v1', 'v2']
  .map(
    version => `
---
apiVersion: v1
kind: Service
metadata: {name: echo-${version}}
spec:
  selector: {app: echo, version: ${version}}
  ports: [{name: http, port: 80, targetPort: 8080}]`,
  )
  .join('')

const route = (rules: string, name = 'shop', more = 'hostnames: [shop.example]') => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}}
spec:
  parentRefs: [{name: edge, namespace: istio-system}]
  ${more}
  rules:
${rules}`

const meshRoute = (
  rules: string,
  name = 'echo',
  namespace = 'default',
  parent = '{group: "", kind: Service, name: echo, namespace: default}',
) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  parentRefs: [${parent}]
  rules:
${rules}`

const to = (name: string, more = '') => `backendRefs: [{name: ${name}, port: 80${more}}]`

export const gatewayApi: Scenario[] = [
  {
    name: 'HTTPRoute: a prefix means whole elements of the path, and what no rule matches gets 404',
    config: gateway + route(`    - {matches: [{path: {value: /a}}], ${to('echo')}}`),
    calls: [
      ingress('http://shop.example/a', { path: '/a' }),
      ingress('http://shop.example/a/b', { path: '/a/b' }),
      ingress('http://shop.example/ab', { status: 404 }),
      ingress('http://shop.example/', { status: 404 }),
      ingress('http://elsewhere.example/a', { status: 404 }),
    ],
  },
  {
    name: 'HTTPRoute: a session is written into a cookie or a header, which leads the client back to its pod',
    config:
      gateway +
      route(`    - matches: [{path: {value: /cookie}}]
      sessionPersistence: {sessionName: shopper, absoluteTimeout: 1h, cookieConfig: {lifetimeType: Permanent}}
      ${to('echo')}
    - matches: [{path: {value: /header}}]
      sessionPersistence: {type: Header, sessionName: x-session}
      ${to('echo')}
    - {matches: [{path: {value: /none}}], ${to('echo')}}`),
    calls: [
      ingress('http://shop.example/cookie', { headers: { 'set-cookie': /^shopper="[^"]+"; Max-Age=3600; Path=\/; HttpOnly$/ } }),
      ingress('http://shop.example/header', { headers: { 'x-session': /./ } }),
      ingress('http://shop.example/none', { headers: { 'set-cookie': null } }),
    ],
  },
  {
    name: 'HTTPRoute: exact goes before longer before shorter prefix, whatever the order in the file and across routes',
    config:
      gateway +
      route(`    - {matches: [{path: {value: /a}}], ${to('other')}}
    - {matches: [{path: {value: /a/b}}], ${to('solo')}}`) +
      '\n---' +
      route(
        `    - {matches: [{path: {type: Exact, value: /a/b}}], ${to('echo-v1')}}
    - {matches: [{path: {value: /a}, headers: [{name: x-version, value: v2}]}], ${to('echo-v2')}}`,
        'younger',
      ) +
      parts,
    calls: [
      ingress('http://shop.example/a/b', { served: 'echo v1' }),
      ingress('http://shop.example/a/b/c', { served: 'solo v1' }),
      ingress('http://shop.example/a/c', { served: 'other v1' }),
      ingress('http://shop.example/a/c', { served: 'echo v2' }, { headers: { 'x-version': 'v2' } }),
    ],
  },
  {
    name: 'HTTPRoute: method, header and query conditions all have to hold',
    config:
      gateway +
      route(`    - matches:
        - {method: POST, headers: [{name: X-Who, type: RegularExpression, value: "a.*"}], queryParams: [{name: q, value: "1"}]}
      ${to('echo')}`),
    calls: [
      ingress('http://shop.example/?q=1', {}, { method: 'POST', headers: { 'x-who': 'anna' } }),
      ingress('http://shop.example/?q=2', { status: 404 }, { method: 'POST', headers: { 'x-who': 'anna' } }),
      ingress('http://shop.example/?q=1', { status: 404 }, { method: 'POST', headers: { 'x-who': 'bob' } }),
      ingress('http://shop.example/?q=1', { status: 404 }, { headers: { 'x-who': 'anna' } }),
    ],
  },
  {
    name: 'HTTPRoute: redirects with scheme, host, port, status and path',
    config:
      gateway +
      route(`    - matches: [{path: {value: /old}}]
      filters: [{type: RequestRedirect, requestRedirect: {hostname: new.example, statusCode: 301, path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}}}]
    - matches: [{path: {value: /root}}]
      filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]
    - matches: [{path: {value: /secure}}]
      filters: [{type: RequestRedirect, requestRedirect: {scheme: https, port: 443}}]
    - matches: [{path: {value: /port}}]
      filters: [{type: RequestRedirect, requestRedirect: {port: 8080, path: {type: ReplaceFullPath, replaceFullPath: /all}}}]`),
    calls: [
      ingress('http://shop.example/old/x?q=1', { status: 301, headers: { location: 'http://new.example/new/x?q=1' } }),
      ingress('http://shop.example/root/x', { status: 302, headers: { location: 'http://shop.example/x' } }),
      ingress('http://shop.example/secure', { status: 302, headers: { location: 'https://shop.example/secure' } }),
      ingress('http://shop.example/port/x', { status: 302, headers: { location: 'http://shop.example:8080/all' } }),
    ],
  },
  {
    name: 'HTTPRoute: rewrites of prefix, root, whole path and host',
    config:
      gateway +
      route(`    - matches: [{path: {value: /foo}}]
      filters: [{type: URLRewrite, urlRewrite: {hostname: inner.example, path: {type: ReplacePrefixMatch, replacePrefixMatch: /bar/}}}]
      ${to('echo')}
    - matches: [{path: {value: /gone}}]
      filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: ""}}}]
      ${to('echo')}
    - matches: [{path: {value: /whole}}]
      filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /one}}}]
      ${to('echo')}
    - filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /all}}}]
      ${to('echo')}`),
    calls: [
      ingress('http://shop.example/foo/x?q=1', { path: '/bar/x?q=1', host: 'inner.example' }),
      ingress('http://shop.example/foo', { path: '/bar' }),
      ingress('http://shop.example/gone', { path: '/' }),
      ingress('http://shop.example/gone/', { path: '/' }),
      ingress('http://shop.example/gone/x', { path: '/x' }),
      ingress('http://shop.example/whole/x/y?q=1', { path: '/one?q=1' }),
      ingress('http://shop.example/rest', { path: '/all/rest' }),
    ],
  },
  {
    name: 'HTTPRoute: header filters of the rule and of a backend',
    config:
      gateway +
      route(`    - filters:
        - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-set, value: new}], add: [{name: x-add, value: more}], remove: [x-gone]}}
        - {type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: x-answer, value: "yes"}]}}
      backendRefs:
        - name: echo
          port: 80
          filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-backend, value: echo}]}}]`),
    calls: [
      ingress(
        'http://shop.example/',
        {
          seen: { 'x-set': 'new', 'x-add': /^one, ?more$/, 'x-gone': null, 'x-backend': 'echo' },
          headers: { 'x-answer': 'yes' },
        },
        { headers: { 'x-set': 'old', 'x-add': 'one', 'x-gone': '1' } },
      ),
    ],
  },
  {
    name: 'HTTPRoute: weights share the requests, 0 gets none',
    config:
      gateway +
      route(`    - backendRefs:
        - {name: echo-v1, port: 80, weight: 70}
        - {name: echo-v2, port: 80, weight: 30}
        - {name: other, port: 80, weight: 0}`) +
      parts,
    calls: [ingress('http://shop.example/', { share: { 'echo v1': [170, 250], 'echo v2': [50, 130] } }, { times: 300 })],
  },
  {
    name: 'HTTPRoute: a backend that does not exist answers 500 for its share, and so does a rule without backends',
    config:
      gateway +
      route(`    - {matches: [{path: {value: /half}}], backendRefs: [{name: echo, port: 80}, {name: nobody, port: 80}]}
    - {matches: [{path: {value: /none}}]}
    - {matches: [{path: {value: /wrong}}], backendRefs: [{name: nobody, port: 80}]}
    - {matches: [{path: {value: /kind}}], backendRefs: [{group: example.com, kind: Thing, name: echo, port: 80}]}
    - {matches: [{path: {value: /unknown-filter}}], filters: [{type: ExtensionRef, extensionRef: {group: example.com, kind: Thing, name: x}}], ${to('echo')}}`),
    calls: [
      ingress('http://shop.example/half', { share: { 'echo v1': [20, 80], 'echo v2': [1, 80], 500: [25, 75] } }, { times: 100 }),
      ingress('http://shop.example/none', { status: 500 }),
      ingress('http://shop.example/wrong', { status: 500 }),
      ingress('http://shop.example/kind', { status: 500 }),
      ingress('http://shop.example/unknown-filter', { status: 500 }),
    ],
  },
  {
    name: 'HTTPRoute: a backend in another namespace needs a ReferenceGrant there',
    config: gateway + route(`    - {backendRefs: [{name: far, namespace: second, port: 80}]}`),
    calls: [ingress('http://shop.example/', { status: 500 })],
  },
  {
    name: 'HTTPRoute: with a ReferenceGrant a backend in another namespace is served',
    config: `${gateway}${route(`    - {backendRefs: [{name: far, namespace: second, port: 80}]}`)}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: routes, namespace: second}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}]
  to: [{group: "", kind: Service}]`,
    calls: [ingress('http://shop.example/', { served: 'far v1' })],
  },
  {
    name: 'HTTPRoute: mirrors get a copy, and one that does not exist disturbs nobody',
    config:
      gateway +
      route(`    - filters:
        - {type: RequestMirror, requestMirror: {backendRef: {name: other, port: 80}}}
        - {type: RequestMirror, requestMirror: {backendRef: {name: solo, port: 80}, fraction: {numerator: 0}}}
        - {type: RequestMirror, requestMirror: {backendRef: {name: nobody, port: 80}}}
      ${to('echo')}`),
    calls: [ingress('http://shop.example/', { received: { 'other v1': [10, 10], 'solo v1': [0, 0] } }, { times: 10 })],
  },
  {
    name: 'HTTPRoute: time limits of the request and of each try',
    config:
      gateway +
      route(`    - {matches: [{path: {value: /whole}}], timeouts: {request: 200ms}, ${to('echo')}}
    - {matches: [{path: {value: /each}}], timeouts: {backendRequest: 200ms}, ${to('echo')}}
    - {matches: [{path: {value: /none}}], timeouts: {request: 0s}, ${to('echo')}}`),
    calls: [
      ingress('http://shop.example/whole', { status: 504, tookMs: [150, 1500] }, { headers: { 'x-echo-delay-ms': '2000' } }),
      ingress('http://shop.example/each', { status: 504, tookMs: [150, 1500] }, { headers: { 'x-echo-delay-ms': '2000' } }),
      ingress('http://shop.example/none', {}, { headers: { 'x-echo-delay-ms': '400' } }),
    ],
  },
  {
    name: 'HTTPRoute: CORS preflights are answered for the origins of the rule',
    config:
      gateway +
      route(`    - filters: [{type: CORS, cors: {allowOrigins: ["https://*.example.com"], allowMethods: [GET, PUT], maxAge: 60}}]
      ${to('echo')}`),
    calls: [
      ingress(
        'http://shop.example/',
        { headers: { 'access-control-allow-origin': 'https://a.example.com', 'access-control-max-age': '60' } },
        { method: 'OPTIONS', headers: { origin: 'https://a.example.com', 'access-control-request-method': 'PUT' } },
      ),
      ingress(
        'http://shop.example/',
        { headers: { 'access-control-allow-origin': null } },
        { headers: { origin: 'https://elsewhere.example' } },
      ),
    ],
  },
  {
    name: 'Gateway: each listener serves its own hosts alone',
    config:
      gateway.replace(
        '    - {name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}',
        `    - {name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
    - {name: wide, port: 80, protocol: HTTP, hostname: "*.example", allowedRoutes: {namespaces: {from: All}}}
    - {name: shop, port: 80, protocol: HTTP, hostname: shop.example, allowedRoutes: {namespaces: {from: All}}}`,
      ) +
      route(`    - {matches: [{path: {value: /empty}}], ${to('other')}}`, 'empty', '').replace(
        '{name: edge, namespace: istio-system}',
        '{name: edge, namespace: istio-system, sectionName: web}',
      ) +
      '\n---' +
      route(`    - {matches: [{path: {value: /wide}}], ${to('solo')}}`, 'wide', '').replace(
        '{name: edge, namespace: istio-system}',
        '{name: edge, namespace: istio-system, sectionName: wide}',
      ),
    calls: [
      ingress('http://shop.example/wide', { status: 404 }),
      ingress('http://shop.example/empty', { status: 404 }),
      ingress('http://a.example/wide', { served: 'solo v1' }),
      ingress('http://a.example/empty', { status: 404 }),
      ingress('http://a.other/empty', { served: 'other v1' }),
    ],
  },
  {
    name: 'HTTPRoute of a Service: its clients in the mesh follow it, and what no rule matches gets 404',
    config:
      meshRoute(`    - {matches: [{path: {value: /v1}}], ${to('echo-v1')}}
    - {matches: [{path: {value: /v2}}], ${to('echo-v2')}}`) + parts,
    calls: [
      http('http://echo/v1', { served: 'echo v1' }, { times: 5 }),
      http('http://echo/v2', { served: 'echo v2' }, { times: 5 }),
      http('http://echo/v3', { status: 404 }),
      http('http://other/v3', { served: 'other v1' }),
    ],
  },
  {
    name: "HTTPRoute of a Service of another namespace is for clients of its own namespace, instead of the producer's",
    config:
      meshRoute(`    - {${to('echo-v1')}}`) +
      '\n---' +
      meshRoute(`    - {backendRefs: [{name: echo-v2, namespace: default, port: 80}]}`, 'consumer', 'second') +
      parts,
    calls: [
      http('http://echo.default/', { served: 'echo v1' }, { times: 5 }),
      http('http://echo.default/', { served: 'echo v2' }, { times: 5, from: 'second-client' }),
    ],
  },
  {
    name: 'HTTPRoute of a Service: a port of it alone',
    config: meshRoute(`    - {${to('other')}}`, 'echo', 'default', '{group: "", kind: Service, name: echo, port: 80}'),
    calls: [http('http://echo/', { served: 'other v1' })],
  },
  {
    name: 'GRPCRoute: by service and method; others are unimplemented, and a missing backend is unavailable',
    config: `
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: grpc}
spec:
  parentRefs: [{group: "", kind: Service, name: grpc}]
  rules:
    - {matches: [{method: {method: Unary}, headers: [{name: x-to, value: nobody}]}], backendRefs: [{name: nobody, port: 7000}]}
    - {matches: [{method: {method: Unary}}], backendRefs: [{name: grpc-v2, port: 7000}]}
---
apiVersion: v1
kind: Service
metadata: {name: grpc-v2}
spec:
  selector: {app: grpc, version: v2}
  ports: [{name: grpc, port: 7000}]`,
    calls: [
      { kind: 'grpc', from: 'client', to: 'grpc:7000', rpc: 'Unary', message: 'hi', times: 5, expect: { served: 'grpc v2' } },
      { kind: 'grpc', from: 'client', to: 'grpc:7000', rpc: 'ServerStream', message: 'hi', expect: { code: 'UNIMPLEMENTED' } },
      {
        kind: 'grpc',
        from: 'client',
        to: 'grpc:7000',
        rpc: 'Unary',
        message: 'hi',
        metadata: { 'x-to': 'nobody' },
        expect: { code: 'UNAVAILABLE' },
      },
    ],
    skip: { grpc: 'grpc-js reads no regular expressions in paths, and no direct responses' },
  },
  {
    name: 'TCPRoute of a Service: its connections go to the backends by weight',
    config: `
apiVersion: gateway.networking.k8s.io/v1
kind: TCPRoute
metadata: {name: tcp}
spec:
  parentRefs: [{group: "", kind: Service, name: tcp}]
  rules: [{backendRefs: [{name: tcp-v2, port: 9000}]}]
---
apiVersion: v1
kind: Service
metadata: {name: tcp-v2}
spec:
  selector: {app: tcp, version: v2}
  ports: [{name: tcp, port: 9000}]`,
    calls: [{ kind: 'tcp', from: 'client', to: 'tcp:9000', send: 'x\n', times: 5, expect: { served: 'tcp v2' } }],
  },
  {
    name: 'TCPRoute to a backend that does not exist: connections are closed',
    config: `
apiVersion: gateway.networking.k8s.io/v1
kind: TCPRoute
metadata: {name: tcp}
spec:
  parentRefs: [{group: "", kind: Service, name: tcp}]
  rules: [{backendRefs: [{name: nobody, port: 9000}]}]`,
    calls: [{ kind: 'tcp', from: 'client', to: 'tcp:9000', send: 'x\n', expect: { refused: true } }],
  },
  {
    name: 'Ingress: exact and prefix paths, the longer first, and a default backend; other classes are not served',
    config: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: istio
  defaultBackend: {service: {name: solo, port: {number: 80}}}
  rules:
    - host: shop.example
      http:
        paths:
          - {path: /a, pathType: Prefix, backend: {service: {name: other, port: {name: http}}}}
          - {path: /a/b, pathType: Exact, backend: {service: {name: echo, port: {number: 80}}}}
          - {path: /nobody, pathType: Prefix, backend: {service: {name: nobody, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: theirs}
spec:
  ingressClassName: nginx
  rules: [{host: theirs.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: echo, port: {number: 80}}}}]}}]`,
    calls: [
      ingress('http://shop.example/a/b', { share: { 'echo v1': [0, 5], 'echo v2': [0, 5] } }, { times: 5 }),
      ingress('http://shop.example/a/b/c', { served: 'other v1' }),
      ingress('http://shop.example/ab', { served: 'solo v1' }),
      ingress('http://shop.example/nobody', { status: 503 }),
      ingress('http://theirs.example/', { served: 'solo v1' }),
    ],
  },
]

/** The Gateway API: TLS that ends at a gateway, and TLS that begins there. */
import { readFileSync } from 'node:fs'
import { CERTIFICATE, PRIVATE_KEY } from '../../../src/proxy/cluster/certificates.testing.ts'
import { type HttpExpectation, ingress, type Scenario } from '../scenario.ts'

const indented = (pem: string) => pem.trim().replaceAll('\n', '\n    ')

/** A Gateway on the topology's ingress gateway, whose only port is the Service's 80, and a certificate for it. */
const gateway = (listeners: string, more = '') => `
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  ports: [{name: https, port: 80}]
---
apiVersion: v1
kind: Secret
metadata: {name: pair, namespace: istio-system}
type: kubernetes.io/tls
stringData:
  tls.crt: |
    ${indented(CERTIFICATE)}
  tls.key: |
    ${indented(PRIVATE_KEY)}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: istio-system}
spec:
  gatewayClassName: mizzen
  addresses: [{type: Hostname, value: istio-ingressgateway}]
  ${more}
  listeners:
${listeners}`

const listener = (name: string, host: string, protocol = 'HTTPS') =>
  `    - {name: ${name}, port: 80, protocol: ${protocol}, ${host && `hostname: "${host}", `}allowedRoutes: {namespaces: {from: All}}, tls: {mode: Terminate, certificateRefs: [{name: pair}]}}\n`

const route = (kind: string, name: string, section: string, backend: string, hosts = '') => `
---
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: {name: ${name}}
spec:
  parentRefs: [{name: edge, namespace: istio-system, sectionName: ${section}}]
  ${hosts && `hostnames: [${hosts}]`}
  rules: [{backendRefs: [{name: ${backend}, port: 80}]}]`

const call = (host: string, expect: HttpExpectation, authority = host) =>
  ingress(`https://${host}:80/`, expect, authority === host ? {} : { headers: { host: authority } })

/** Of the server outside that speaks TLS alone and tells which certificate it was shown. */
const AUTHORITY = readFileSync(new URL('../../golden/certificates/cert.pem', import.meta.url), 'utf8')

/** A Service in front of that server, and what a policy has to say about its certificate. */
const secure = (hostname: string) => `
---
apiVersion: v1
kind: Service
metadata: {name: secure}
spec:
  ports: [{name: http, port: 80, targetPort: {{outside-tls}}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: secure-1, labels: {kubernetes.io/service-name: secure}}
addressType: IPv4
ports: [{name: http, port: {{outside-tls}}}]
endpoints: [{addresses: [127.0.0.1]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: authority}
data:
  ca.crt: |
    ${indented(AUTHORITY)}
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: secure}
spec:
  targetRefs: [{group: "", kind: Service, name: secure}]
  validation: {hostname: ${hostname}, caCertificateRefs: [{group: "", kind: ConfigMap, name: authority}]}`

const PLAIN = '    - {name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}\n'
const SHOWN = 'tls: {backend: {clientCertificateRef: {name: pair}}}'

export const gatewayApiTls: readonly Scenario[] = [
  {
    name: 'Gateway: TLS ends at an HTTPS listener with the certificate of its Secret, and hosts without a route get 404',
    config: gateway(listener('shop', '*.example')) + route('HTTPRoute', 'shop', 'shop', 'solo', 'shop.example'),
    calls: [call('shop.example', { served: 'solo v1' }), call('other.example', { status: 404 })],
  },
  {
    name: 'Gateway: a request for a host of another HTTPS listener is misdirected (421), for a host of none unknown (404)',
    config:
      gateway(listener('any', '') + listener('wide', '*.wide.example') + listener('one', 'one.wide.example')) +
      route('HTTPRoute', 'any', 'any', 'solo', 'any.example') +
      route('HTTPRoute', 'wide', 'wide', 'other') +
      route('HTTPRoute', 'one', 'one', 'solo'),
    calls: [
      call('any.example', { served: 'solo v1' }),
      call('any.example', { status: 421 }, 'one.wide.example'),
      call('any.example', { status: 421 }, 'two.wide.example'),
      call('any.example', { status: 404 }, 'unknown.example'),
      call('one.wide.example', { served: 'solo v1' }),
      call('one.wide.example', { status: 421 }, 'two.wide.example'),
      call('one.wide.example', { status: 421 }, 'any.example'),
      call('two.wide.example', { served: 'other v1' }, 'three.wide.example'),
      call('two.wide.example', { status: 421 }, 'one.wide.example'),
    ],
  },
  {
    name: 'TLSRoute: a listener that ends TLS passes the bytes on in plaintext',
    config: gateway(listener('bytes', '*.example', 'TLS')) + route('TLSRoute', 'shop', 'bytes', 'solo', 'shop.example'),
    calls: [call('shop.example', { served: 'solo v1' })],
  },
  {
    name: 'BackendTLSPolicy: a gateway speaks TLS to the backend, and shows the certificate it has for that',
    config: gateway(PLAIN, SHOWN) + route('HTTPRoute', 'shop', 'web', 'secure') + secure('golden.example'),
    calls: [ingress('http://shop.example/', { served: 'outside tls', seen: { 'x-client-certificate': /^(?!none$)/ } })],
  },
  {
    name: 'BackendTLSPolicy: without a certificate for backends the gateway shows none',
    config: gateway(PLAIN) + route('HTTPRoute', 'shop', 'web', 'secure') + secure('golden.example'),
    calls: [ingress('http://shop.example/', { served: 'outside tls', seen: { 'x-client-certificate': 'none' } })],
  },
  {
    name: 'BackendTLSPolicy: a backend with a certificate for another name is not spoken to',
    config: gateway(PLAIN) + route('HTTPRoute', 'shop', 'web', 'secure') + secure('other.example'),
    calls: [ingress('http://shop.example/', { status: 503 })],
    history: 'what a backend has for a certificate shows in the handshake alone',
  },
]

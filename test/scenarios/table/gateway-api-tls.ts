/** The Gateway API: TLS that ends at a gateway. */
import { CERTIFICATE, PRIVATE_KEY } from '../../../src/proxy/cluster/certificates.testing.ts'
import { ingress, type Scenario } from '../scenario.ts'

const indented = (pem: string) => pem.trim().replaceAll('\n', '\n    ')

/** A Gateway on the topology's ingress gateway, whose only port is the Service's 80, and a certificate for it. */
const gateway = (listeners: string) => `
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

const call = (host: string, expect: { status?: number; served?: string }, authority = host) =>
  ingress(`https://${host}:80/`, expect, authority === host ? {} : { headers: { host: authority } })

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
]

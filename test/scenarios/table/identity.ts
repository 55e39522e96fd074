/** Who is at the other end, and what each side insists on: mutual TLS, and rules by identity. Every row runs on each pair of data planes. */
import { type HttpExpectation, http, type Scenario } from '../scenario.ts'

const object = (kind: string, group: string, metadata: string, spec: string) => `
apiVersion: ${group}.istio.io/v1
kind: ${kind}
metadata: ${metadata}
spec: ${spec}
---`

const peers = (spec: string, metadata = '{name: peers}') => object('PeerAuthentication', 'security', metadata, spec)
const MESH = '{name: mesh, namespace: istio-system}'
/** A connection keeps what it began with until it ends: no connection is used twice here. */
const ONE_REQUEST = 'connectionPool: {http: {maxRequestsPerConnection: 1}}'
const rule = (host: string, tls: string, metadata = `{name: ${host}}`) =>
  object('DestinationRule', 'networking', metadata, `{host: ${host}, trafficPolicy: {${ONE_REQUEST}${tls && `, tls: ${tls}`}}}`)
const SOLO = 'selector: {matchLabels: {app: solo}}'
/** Only these may call "solo". */
const access = (source: string) =>
  object('AuthorizationPolicy', 'security', '{name: access}', `{${SOLO}, rules: [{from: [{source: ${source}}]}]}`)

const denied = { status: 403, body: 'RBAC: access denied' }
const unreachable = { status: 503 }
/** Nothing but the end of the connection. */
const cut = { status: 0 }
const solo = { served: 'solo v1' }
const stranger = { from: 'stranger' } as const
const second = { from: 'second-client' } as const
const ask = (expect: HttpExpectation) => http('http://solo/', expect)
const askFromSecond = (expect: HttpExpectation) => http('http://solo.default/', expect, second)
const askFromOutside = (expect: HttpExpectation) => http('http://solo/', expect, stranger)

/** What the server's proxy tells its application of the caller. */
const certified = (account: string): HttpExpectation => ({
  ...solo,
  seen: {
    'x-forwarded-client-cert': new RegExp(
      `^By=spiffe://cluster\\.local/ns/default/sa/solo;Hash=[0-9a-f]{64};Subject="[^"]*";URI=spiffe://cluster\\.local/ns/${account}$`,
    ),
  },
})
const uncertified: HttpExpectation = { ...solo, seen: { 'x-forwarded-client-cert': null } }
const CLIENT = 'default/sa/client'

/** An outside server with TLS, known by a name, that tells the certificate which it was shown. */
const outside = (policy: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside}
spec:
  hosts: [golden.example]
  ports: [{number: 80, name: http, protocol: HTTP, targetPort: {{outside-tls}}}]
  resolution: STATIC
  endpoints: [{address: 127.0.0.1}]
---${rule('golden.example', policy)}`
const TRUST = 'caCertificates: {{certificates}}/cert.pem, sni: golden.example, subjectAltNames: [golden.example]'
const shown = (subject: string): HttpExpectation => ({ served: 'outside tls', seen: { 'x-client-certificate': subject } })

const meshConfig = (text: string) => `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    ${text}
---`

const rows: Scenario[] = [
  {
    name: 'without a word mutual TLS is on between sidecars, and the server learns who called',
    calls: [ask(certified(CLIENT)), askFromSecond(certified('second/sa/second-client'))],
  },
  {
    name: 'what a caller says of its certificate is not believed, with one or without',
    calls: [
      http('http://solo/', certified(CLIENT), {
        headers: { 'x-forwarded-client-cert': 'By=me;URI=spiffe://cluster.local/ns/x/sa/y' },
      }),
      http('http://solo/', uncertified, {
        ...stranger,
        headers: { 'x-forwarded-client-cert': 'URI=spiffe://cluster.local/ns/x/sa/y' },
      }),
    ],
  },
  {
    name: 'PERMISSIVE, the default: whoever has no certificate is served in plaintext',
    calls: [askFromOutside(uncertified), ask(certified(CLIENT))],
  },
  {
    name: 'STRICT for the mesh: plaintext ends at once, mutual TLS goes on',
    config: peers('{mtls: {mode: STRICT}}', MESH),
    calls: [
      askFromOutside(cut),
      ask(certified(CLIENT)),
      { kind: 'tcp', from: 'client', to: 'tcp:9000', send: 'hello', expect: {} },
      { kind: 'grpc', from: 'client', to: 'grpc:7000', rpc: 'Unary', message: 'a', expect: {} },
      { kind: 'websocket', from: 'client', url: 'ws://solo/', send: 'hello', expect: { served: 'solo v1', received: 'hello' } },
    ],
  },
  {
    name: 'STRICT for a namespace says nothing about others',
    config: peers('{mtls: {mode: STRICT}}'),
    calls: [askFromOutside(cut), http('http://far/', { served: 'far v1' }, stranger)],
  },
  {
    name: 'a namespace may be PERMISSIVE in a STRICT mesh',
    config: peers('{mtls: {mode: STRICT}}', MESH) + peers('{mtls: {mode: PERMISSIVE}}', '{name: peers, namespace: second}'),
    calls: [askFromOutside(cut), http('http://far/', { served: 'far v1' }, stranger)],
  },
  {
    name: 'a workload has its own mode, whatever its namespace has',
    config: peers(`{${SOLO}, mtls: {mode: PERMISSIVE}}`, '{name: solo}') + peers('{mtls: {mode: STRICT}}'),
    calls: [askFromOutside(uncertified), http('http://other/', cut, stranger), ask(certified(CLIENT))],
  },
  {
    name: 'a port has its own mode, whatever its workload has',
    config: peers(`{${SOLO}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: PERMISSIVE}}}`),
    calls: [askFromOutside(uncertified), ask(certified(CLIENT))],
  },
  {
    name: 'STRICT for one port closes it',
    config: peers(`{${SOLO}, mtls: {mode: PERMISSIVE}, portLevelMtls: {8080: {mode: STRICT}}}`),
    calls: [askFromOutside(cut), ask(certified(CLIENT))],
  },
  {
    name: 'DISABLE at the server: sidecars speak plaintext to it by themselves',
    config: peers(`{${SOLO}, mtls: {mode: DISABLE}}`),
    calls: [ask(uncertified), askFromOutside(uncertified)],
  },
  {
    name: 'a rule with DISABLE speaks plaintext, which a PERMISSIVE server takes and a STRICT one does not',
    config:
      rule('solo', '{mode: DISABLE}') +
      rule('other', '{mode: DISABLE}') +
      peers('{selector: {matchLabels: {app: other}}, mtls: {mode: STRICT}}'),
    calls: [ask(uncertified), http('http://other/', unreachable)],
  },
  {
    name: 'a rule with ISTIO_MUTUAL shows the certificate of the mesh',
    config: rule('solo', '{mode: ISTIO_MUTUAL}') + peers('{mtls: {mode: STRICT}}'),
    calls: [ask(certified(CLIENT))],
  },
  {
    name: 'a server of another service account than the rule names gets no request',
    config: rule('solo', '{mode: ISTIO_MUTUAL, subjectAltNames: ["spiffe://cluster.local/ns/default/sa/nobody"]}'),
    calls: [ask({ ...unreachable, received: { 'solo v1': [0, 0] } })],
  },
  {
    name: 'SIMPLE towards an outside server: its name is verified, and no certificate is shown',
    config: outside(`{mode: SIMPLE, ${TRUST}}`),
    calls: [http('http://golden.example/', shown('none'))],
  },
  {
    name: 'SIMPLE towards a server whose certificate is for somebody else fails',
    config: outside(`{mode: SIMPLE, ${TRUST.replace('subjectAltNames: [golden.example]', 'subjectAltNames: [silver.example]')}}`),
    calls: [http('http://golden.example/', unreachable)],
  },
  {
    name: 'MUTUAL shows a certificate from files',
    config: outside(
      `{mode: MUTUAL, clientCertificate: {{certificates}}/cert.pem, privateKey: {{certificates}}/key.pem, ${TRUST}}`,
    ),
    calls: [http('http://golden.example/', shown('CN=golden.example'))],
  },
  {
    name: 'principals: one workload may call, another may not, and without a certificate nobody may',
    config: access('{principals: ["cluster.local/ns/default/sa/client"]}'),
    calls: [ask(certified(CLIENT)), askFromSecond(denied), askFromOutside(denied)],
  },
  {
    name: 'principals may end or begin in a star',
    config: access('{principals: ["*/sa/second-client", "cluster.local/ns/nowhere/*"]}'),
    calls: [ask(denied), askFromSecond(solo)],
  },
  {
    name: 'notPrincipals: everybody but one',
    config: access('{notPrincipals: ["cluster.local/ns/default/sa/client"]}'),
    calls: [ask(denied), askFromSecond(solo)],
  },
  {
    name: 'namespaces: callers of one namespace',
    config: access('{namespaces: [second]}'),
    calls: [ask(denied), askFromSecond(solo), askFromOutside(denied)],
  },
  {
    name: "serviceAccounts: by name in the policy's own namespace, or with another one",
    config: access('{serviceAccounts: [client, second/second-client]}'),
    calls: [ask(solo), askFromSecond(solo), askFromOutside(denied)],
  },
  {
    name: 'a port for bytes is open to one identity only',
    config: object(
      'AuthorizationPolicy',
      'security',
      '{name: access}',
      '{selector: {matchLabels: {app: tcp}}, rules: [{from: [{source: {principals: ["cluster.local/ns/default/sa/client"]}}]}]}',
    ),
    calls: [
      { kind: 'tcp', from: 'client', to: 'tcp:9000', send: 'hello', expect: {} },
      { kind: 'tcp', from: 'second-client', to: 'tcp.default.svc.cluster.local:9000', send: 'hello', expect: { refused: true } },
    ],
  },
  {
    name: 'a policy that was written for an earlier name of the trust domain still holds',
    config: meshConfig('trustDomainAliases: [old.example]') + access('{principals: ["old.example/ns/default/sa/client"]}'),
    calls: [ask(solo), askFromSecond(denied)],
  },
  {
    name: 'the gateway calls as itself',
    config: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: entrance}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: entrance}
spec:
  hosts: ['*']
  gateways: [entrance]
  http: [{route: [{destination: {host: solo}}]}]
---${access('{principals: ["cluster.local/ns/istio-system/sa/istio-ingressgateway"]}')}`,
    calls: [http('http://shop.example/', certified('istio-system/sa/istio-ingressgateway'), { from: 'gateway' }), ask(denied)],
  },
]

const everywhere = rule('solo.default.svc.cluster.local', '', '{name: one-request, namespace: istio-system}')
export const identity: Scenario[] = rows.map(row => ({ ...row, config: `${row.config ?? ''}${everywhere}`, mixed: true }))

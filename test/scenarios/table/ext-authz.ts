/** Policies of action CUSTOM: somebody else decides. The authorizers are in authorizers.ts. */
import { http, type Scenario } from '../scenario.ts'
import { oneRequestEach } from './one-request-each.ts'

const settings = {
  http: 'service: authz-http.example, port: {{authz-http}}, timeout: 5s',
  grpc: 'service: authz-grpc.example, port: {{authz-grpc}}, timeout: 5s',
  gone: 'service: authz-gone.example, port: 1, timeout: 5s',
}

const entry = (name: string, port: string, protocol: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}, namespace: istio-system}
spec:
  hosts: [${name}.example]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{name: ${protocol}, number: ${port}, protocol: ${protocol}}]
  endpoints: [{address: 127.0.0.1}]
---`

/** @param provider envoyExtAuthzHttp or envoyExtAuthzGrpc, in YAML's short form */
const mesh = (provider: string) => `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    extensionProviders:
    - name: decider
      ${provider}
---${entry('authz-http', '{{authz-http}}', 'HTTP')}${entry('authz-grpc', '{{authz-grpc}}', 'GRPC')}${entry('authz-gone', '1', 'HTTP')}`

const overHttp = (more = '', which: keyof typeof settings = 'http') => mesh(`envoyExtAuthzHttp: {${settings[which]}${more}}`)
const overGrpc = (more = '', which: keyof typeof settings = 'grpc') => mesh(`envoyExtAuthzGrpc: {${settings[which]}${more}}`)

const policy = (spec: string, name = 'ask') => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}}
spec: {selector: {matchLabels: {app: solo}}, ${spec}}
---`

const custom = (rules = '[{}]') => policy(`action: CUSTOM, provider: {name: decider}, rules: ${rules}`)

const as = (user: string, more: Readonly<Record<string, string>> = {}) => ({ headers: { 'x-user': user, ...more } })
const mallory = { status: 403, body: 'not you' }
const sendsUser = ', includeRequestHeadersInCheck: [x-user]'

const rows: Scenario[] = [
  {
    name: 'an authorizer over HTTP allows, or answers for itself',
    config: overHttp(sendsUser) + custom(),
    calls: [
      http('http://solo/', { served: 'solo v1' }, as('alice')),
      http('http://solo/', { ...mallory, headers: { 'x-reason': 'is mallory' } }, as('mallory')),
      http('http://solo/', { status: 401, body: 'who are you?', headers: { 'www-authenticate': 'Basic realm="shop"' } }),
      http('http://other/', { served: 'other v1' }),
    ],
  },
  {
    name: 'an authorizer over HTTP sees the path behind a prefix and the headers that are named, and adds those that may go on',
    config:
      overHttp(
        `, pathPrefix: /check, includeRequestHeadersInCheck: [x-user, "x-ex*"], includeAdditionalHeadersInCheck: {x-extra: mesh}, headersToUpstreamOnAllow: [x-verified-user, "x-authz-*"], headersToDownstreamOnAllow: [x-seen-by]`,
      ) + custom(),
    calls: [
      http(
        'http://solo/cart?x=1',
        {
          served: 'solo v1',
          path: '/cart?x=1',
          seen: {
            'x-verified-user': 'alice',
            'x-authz-path': '/check/cart?x=1',
            'x-authz-host': 'solo',
            'x-authz-extra': 'mesh',
            'x-authz-secret': 'none',
            'x-secret': 'mine',
            'x-seen-by': null,
          },
          headers: { 'x-seen-by': 'http', 'x-verified-user': null },
        },
        as('alice', { 'x-secret': 'mine', 'x-verified-user': 'root', 'x-extra': 'forged' }),
      ),
    ],
  },
  {
    name: 'of a refusal over HTTP only the named headers reach the client, and those that belong to refusals',
    config: overHttp(`${sendsUser}, headersToDownstreamOnDeny: [x-reason]`) + custom(),
    calls: [
      http('http://solo/', { ...mallory, headers: { 'x-reason': 'is mallory', 'x-internal': null } }, as('mallory')),
      http('http://solo/', { status: 401, headers: { 'www-authenticate': 'Basic realm="shop"' } }),
    ],
  },
  {
    name: 'the body goes along over HTTP, up to a limit',
    config:
      overHttp(
        `${sendsUser}, headersToUpstreamOnAllow: ["x-authz-*"], includeRequestBodyInCheck: {maxRequestBytes: 8, allowPartialMessage: true}`,
      ) + custom(),
    calls: [
      http('http://solo/', { seen: { 'x-authz-body': '5' } }, { ...as('alice'), method: 'POST', body: 'hello' }),
      http('http://solo/', { seen: { 'x-authz-body': '8' } }, { ...as('alice'), method: 'POST', body: 'hello, everybody' }),
      http('http://solo/', { seen: { 'x-authz-body': '0' } }, as('alice')),
    ],
  },
  {
    name: 'a body over the limit is refused where the authorizer wants all of it',
    config: overHttp(`${sendsUser}, includeRequestBodyInCheck: {maxRequestBytes: 8}`) + custom(),
    calls: [
      http('http://solo/', { served: 'solo v1' }, { ...as('alice'), method: 'POST', body: 'hello' }),
      http(
        'http://solo/',
        { status: 413, body: 'Payload Too Large' },
        { ...as('alice'), method: 'POST', body: 'hello, everybody' },
      ),
    ],
  },
  {
    name: 'an authorizer over gRPC allows, changes headers both ways, or answers for itself',
    mixed: true,
    config: overGrpc() + custom(),
    calls: [
      http(
        'http://solo/cart?x=1',
        {
          served: 'solo v1',
          seen: { 'x-verified-user': 'alice', 'x-authz-path': '/cart?x=1', 'x-secret': null, 'x-list': /^first, ?second$/ },
          headers: { 'x-seen-by': 'grpc' },
        },
        as('alice', { 'x-secret': 'mine', 'x-list': 'first' }),
      ),
      http('http://solo/', { seen: { 'x-list': null } }, as('alice')),
      http('http://solo/?a=1&token=2', { path: '/?a=1&user=query' }, as('query')),
      http('http://solo/', { ...mallory, headers: { 'x-reason': 'is mallory', 'x-seen-by': null } }, as('mallory')),
      http('http://solo/', { status: 401, body: 'who are you?', headers: { 'www-authenticate': 'Basic realm="shop"' } }),
    ],
  },
  {
    name: 'the body goes along over gRPC',
    config: overGrpc(', includeRequestBodyInCheck: {maxRequestBytes: 8, allowPartialMessage: true}') + custom(),
    calls: [http('http://solo/', { seen: { 'x-authz-body': '5' } }, { ...as('alice'), method: 'POST', body: 'hello' })],
  },
  ...(['http', 'grpc'] as const).flatMap((protocol): Scenario[] => {
    const made = protocol === 'http' ? overHttp : overGrpc
    const sends = protocol === 'http' ? sendsUser : ''
    return [
      {
        name: `an authorizer over ${protocol} that is gone closes the way`,
        config: made('', 'gone') + custom(),
        calls: [http('http://solo/', { status: 403, body: '' }, as('alice'))],
      },
      {
        name: `an authorizer over ${protocol} that is gone opens the way where that is wanted`,
        config: made(', failOpen: true', 'gone') + custom(),
        calls: [http('http://solo/', { served: 'solo v1' }, as('alice'))],
      },
      {
        name: `an authorizer over ${protocol} that fails is answered for by the status that is set`,
        config: made(`${sends}, statusOnError: "503"`) + custom(),
        calls: [
          http('http://solo/', { status: 503, body: '' }, as('nobody-home')),
          http('http://solo/', { served: 'solo v1' }, as('alice')),
        ],
      },
    ]
  }),
  {
    name: 'only what the rules of a CUSTOM policy match is asked about',
    config: overHttp(sendsUser) + custom('[{to: [{operation: {paths: ["/admin*"], methods: [GET]}}]}]'),
    calls: [
      http('http://solo/admin', mallory, as('mallory')),
      http('http://solo/', { served: 'solo v1' }, as('mallory')),
      http('http://solo/admin', { served: 'solo v1' }, { ...as('mallory'), method: 'POST' }),
    ],
  },
  {
    name: 'CUSTOM comes before DENY and ALLOW, and what it allows they may still refuse',
    config:
      overHttp(sendsUser) +
      custom() +
      policy('action: DENY, rules: [{to: [{operation: {paths: [/closed]}}]}]', 'deny') +
      policy('action: ALLOW, rules: [{to: [{operation: {methods: [GET]}}]}]', 'allow'),
    calls: [
      http('http://solo/closed', mallory, as('mallory')),
      http('http://solo/closed', { status: 403, body: 'RBAC: access denied' }, as('alice')),
      http('http://solo/', { status: 403, body: 'RBAC: access denied' }, { ...as('alice'), method: 'DELETE' }),
      http('http://solo/', { served: 'solo v1' }, as('alice')),
    ],
  },
  {
    name: 'a provider that nobody has declared closes the way',
    config: overHttp() + policy('action: CUSTOM, provider: {name: unknown}, rules: [{}]'),
    calls: [http('http://solo/', { status: 403, body: 'RBAC: access denied' }, as('alice'))],
  },
  {
    name: 'policies that ask two authorizers close the way for what either matches',
    config:
      overHttp(sendsUser) +
      custom('[{to: [{operation: {paths: [/pay]}}]}]') +
      policy('action: CUSTOM, provider: {name: another}, rules: [{to: [{operation: {paths: [/admin]}}]}]', 'other'),
    calls: [
      http('http://solo/pay', { status: 403, body: 'RBAC: access denied' }, as('alice')),
      http('http://solo/admin', { status: 403, body: 'RBAC: access denied' }, as('alice')),
      http('http://solo/', { served: 'solo v1' }, as('alice')),
    ],
  },
  {
    name: 'an authorizer over gRPC decides about connections of bytes too',
    config: `${overGrpc()}${custom().replace('app: solo', 'app: tcp')}`,
    calls: [{ kind: 'tcp', from: 'client', to: 'tcp:9000', send: 'hello', expect: {} }],
  },
  {
    name: 'connections of bytes end where the authorizer is gone',
    config: `${overGrpc('', 'gone')}${custom().replace('app: solo', 'app: tcp')}`,
    calls: [{ kind: 'tcp', from: 'client', to: 'tcp:9000', send: 'hello', expect: { refused: true } }],
  },
]

export const extAuthz: Scenario[] = rows.map(row => ({ ...row, config: `${row.config ?? ''}\n---${oneRequestEach}` }))

/** Who may do what: AuthorizationPolicy, by what needs no certificate. */
import { http, type Scenario } from '../scenario.ts'
import { oneRequestEach } from './one-request-each.ts'

const policy = (spec: string, name = 'policy', metadata = '') => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}${metadata}}
spec: ${spec}
---`

const echo = 'selector: {matchLabels: {app: echo}}'
const denied = { status: 403, body: 'RBAC: access denied' }
const ok = { status: 200 }

const rows: Scenario[] = [
  {
    name: 'a policy that allows nothing denies everything, and only at the workloads it selects',
    mixed: true,
    config: policy(`{${echo}}`),
    calls: [http('http://echo/', denied), http('http://other/', { served: 'other v1' })],
  },
  {
    name: 'a policy with an empty rule allows everything',
    config: policy(`{${echo}, rules: [{}]}`),
    calls: [http('http://echo/', ok)],
  },
  {
    name: 'methods, paths and hosts of one operation must all match, of a list one entry',
    config: policy(
      `{${echo}, rules: [{to: [{operation: {methods: [GET, HEAD], paths: ["/a", "/b/*", "*.css"]}}, {operation: {hosts: ["ECHO.*"], paths: [/c]}}]}]}`,
    ),
    calls: [
      http('http://echo/a', ok),
      http('http://echo/a?x=1', ok),
      http('http://echo/b/c', ok),
      http('http://echo/style.css', ok),
      http('http://echo/b', denied),
      http('http://echo/a', denied, { method: 'POST' }),
      http('http://echo.default/c', ok, { method: 'POST' }),
      http('http://echo/c', denied),
    ],
  },
  {
    name: 'path templates match one segment or the rest',
    mixed: true,
    config: policy(`{${echo}, rules: [{to: [{operation: {paths: ["/item/{*}/price", "/files/{**}"]}}]}]}`),
    calls: [
      http('http://echo/item/42/price', ok),
      http('http://echo/item/4/2/price', denied),
      http('http://echo/item//price', denied),
      http('http://echo/files/a/b/c', ok),
      http('http://echo/file', denied),
    ],
  },
  {
    name: 'what is denied stays denied whatever allows it',
    config: `${policy(`{${echo}, rules: [{}]}`, 'allow')}${policy(`{${echo}, action: DENY, rules: [{to: [{operation: {paths: [/admin*], notMethods: [GET]}}]}]}`, 'deny')}`,
    calls: [http('http://echo/admin', ok), http('http://echo/admin/x', denied, { method: 'DELETE' }), http('http://echo/', ok)],
  },
  {
    name: 'conditions on headers ask for a value, and notValues for its absence',
    config: policy(
      `{${echo}, rules: [{when: [{key: "request.headers[x-team]", values: ["blue", "red-*"]}, {key: "request.headers[x-bad]", notValues: ["*"]}]}]}`,
    ),
    calls: [
      http('http://echo/', ok, { headers: { 'x-team': 'blue' } }),
      http('http://echo/', ok, { headers: { 'x-team': 'red-1' } }),
      http('http://echo/', denied, { headers: { 'x-team': 'green' } }),
      http('http://echo/', denied, { headers: { 'x-team': 'blue', 'x-bad': '1' } }),
      http('http://echo/', denied),
    ],
  },
  {
    name: 'a port is the one the workload listens on',
    config: policy(`{${echo}, action: DENY, rules: [{to: [{operation: {ports: ["8080"]}}]}]}`),
    calls: [http('http://echo/', denied), http('http://other/', { served: 'other v1' })],
  },
  {
    name: 'another port is not meant',
    config: policy(`{${echo}, action: DENY, rules: [{to: [{operation: {ports: ["80"]}}]}]}`),
    calls: [http('http://echo/', ok)],
  },
  {
    name: 'the address of the peer and of the original client are two things',
    mixed: true,
    config: policy(
      `{selector: {matchLabels: {app: echo}}, rules: [{from: [{source: {ipBlocks: [127.0.0.0/8], notRemoteIpBlocks: [203.0.113.0/24]}}]}]}`,
    ),
    calls: [http('http://echo/', ok), http('http://echo/', denied, { headers: { 'x-forwarded-for': '203.0.113.7' } })],
  },
  {
    name: 'a policy of the root namespace is for every namespace',
    config: policy(
      '{action: DENY, rules: [{to: [{operation: {paths: [/everywhere]}}]}]}',
      'everywhere',
      ', namespace: istio-system',
    ),
    calls: [
      http('http://echo/everywhere', denied),
      http('http://far.second/everywhere', denied),
      http('http://far.second/', { served: 'far v1' }),
    ],
  },
  {
    name: 'a dry run denies nothing',
    config: policy(`{${echo}, action: DENY, rules: [{}]}`, 'dry', ", annotations: {istio.io/dry-run: 'true'}"),
    calls: [http('http://echo/', ok)],
  },
  {
    name: 'an audit denies nothing',
    config: policy(`{${echo}, action: AUDIT, rules: [{}]}`),
    calls: [http('http://echo/', ok)],
  },
  {
    name: 'an identity cannot be shown without mutual TLS, so that nobody has it',
    config: `${policy(`{${echo}, rules: [{from: [{source: {namespaces: ["*"]}}]}]}`)}
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: plaintext}
spec: {mtls: {mode: DISABLE}}
---`,
    calls: [http('http://echo/', denied)],
  },
  {
    name: 'gRPC is denied with a status of its own',
    mixed: true,
    config: policy('{selector: {matchLabels: {app: grpc}}, action: DENY, rules: [{to: [{operation: {paths: ["*/Unary"]}}]}]}'),
    calls: [
      { kind: 'grpc', from: 'client', to: 'grpc:7000', rpc: 'Unary', message: 'a', expect: { code: 'PERMISSION_DENIED' } },
      { kind: 'grpc', from: 'client', to: 'grpc:7000', rpc: 'ServerStream', message: 'a', expect: {} },
    ],
    skip: { grpc: 'applications without a proxy enforce nothing; their servers are given no listeners here' },
  },
  {
    name: 'a port for bytes is closed to whom it is denied',
    mixed: true,
    config: policy('{selector: {matchLabels: {app: tcp}}, action: DENY, rules: [{to: [{operation: {ports: ["9000"]}}]}]}'),
    calls: [{ kind: 'tcp', from: 'client', to: 'tcp:9000', send: 'hello', expect: { refused: true } }],
  },
  {
    name: 'on a port for bytes a rule that allows by HTTP allows nobody',
    config: policy('{selector: {matchLabels: {app: tcp}}, rules: [{to: [{operation: {methods: [GET]}}]}]}'),
    calls: [{ kind: 'tcp', from: 'client', to: 'tcp:9000', send: 'hello', expect: { refused: true } }],
  },
  {
    name: 'a port for bytes is open to whom it is allowed',
    mixed: true,
    config: policy('{selector: {matchLabels: {app: tcp}}, rules: [{to: [{operation: {ports: ["9000"]}}]}]}'),
    calls: [{ kind: 'tcp', from: 'client', to: 'tcp:9000', send: 'hello', expect: {} }],
  },
]

export const authz: Scenario[] = rows.map(row => ({ ...row, config: `${row.config ?? ''}\n---${oneRequestEach}` }))

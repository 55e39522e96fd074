/** Values to try a field with: by its name where a value must refer to something in the worlds, otherwise from its schema. */
import { type TSchema, Type } from 'typebox'
import { requiredOf } from '../../src/api/crd/structural.ts'
import { shapeOf } from '../../src/api/schema/shape.ts'

/** Texts that some field or other takes, and that stand for something in the worlds. */
const TEXTS = [
  'reviews',
  'v1',
  '7s',
  '/path',
  'x-other',
  'cert',
  'shop',
  '10.0.0.0/8',
  '127.0.0.1:9999',
  '8080',
  'GET',
  'a.example',
  '503',
  'eu',
  '20/s',
  '5',
  '*',
  'not-this',
]

const BY_NAME: Readonly<Record<string, readonly unknown[]>> = {
  uri: ['spiffe://a/c', '/b'],
  percent: [9],
  replaceFullPath: ['/c'],
  replacePrefixMatch: ['/c'],
  allowOrigins: [['https://b.example'], [{ exact: 'https://b.example' }]],
  value: ['edge.shop.svc.cluster.local', '10.4.0.1', 'request.method'],
  source: ['export default { onResponse() {} }'],
  serviceAccount: ['b'],
  tcp: [{}],
  sourceIP: [true],
  failover: [{ from: 'eu', to: 'us' }],
  latency: [{ above: '1s' }, { above: '2s', percentile: 50 }],
  status: [302, 307, 201, 429, 503],
  body: ['hello'],
  methods: [['GET'], ['a.B/C']],
  subset: ['v2', 'v1'],
  maxAfter: ['600s'],
  host: ['ratings', 'reviews', 'calls', 'api.example', 'accounts.bank.svc.cluster.local'],
  hosts: [['cart.example'], ['ratings.shop.svc.cluster.local'], ['./ratings.shop.svc.cluster.local'], ['shop/*']],
  hostname: ['other.example', 'ratings.shop.svc.cluster.local'],
  hostnames: [['other.example']],
  retryOn: ['5xx,reset'],
  on: [['5xx'], ['unavailable']],
  exportTo: [['.'], ['bank'], ['shop']],
  gateways: [['shop/edge'], ['shop/plain']],
  to: [{ 'us/*': 100 }, 'us'],
  from: ['eu/*', 'eu'],
  failoverPriority: [['version']],
  sniHosts: [['ratings.shop.svc.cluster.local']],
  destinationSubnets: [['10.96.0.0/16']],
  sourceLabels: [{ app: 'client' }, { app: 'nobody' }],
  matchLabels: [{ app: 'client' }, { team: 'bank' }, { app: 'nobody' }],
  labels: [{ app: 'nobody' }, { version: 'v1' }],
  sourceNamespace: ['bank'],
  key: ['request.headers[x-a]', 'team'],
  values: [['10.0.0.0/8'], ['shop'], ['bank']],
  notValues: [['10.0.0.0/8']],
  addresses: [['10.97.0.9']],
  clientCertificate: ['/etc/certs/cert.pem'],
  serverCertificate: ['/etc/certs/cert.pem'],
  privateKey: ['/etc/certs/key.pem'],
  caCertificates: ['/etc/certs/ca.pem'],
  protocol: ['POST', 'HTTP', 'TCP'],
  url: ['https://hooks.example/b'],
  jwks: ['{"keys":[{"kty":"oct","k":"BBBB","kid":"b"}]}'],
  jwksUri: ['https://keys.example/jwks', 'http://reviews.shop.svc.cluster.local/jwks'],
  jwks_uri: ['https://keys.example/jwks'],
  grpcStatus: ['UNAVAILABLE'],
  bytes: ['YWJj'],
  ports: [['8080'], { http: 9090 }],
  serviceAccounts: [['shop/client'], ['client']],
  audiences: [['books']],
  cipherSuites: [['ECDHE-RSA-AES128-GCM-SHA256']],
  verifyCertificateSpki: [['NvqYIYSbgK2vCJpQhObf77vv+bQWtc5ek5RIOwPiC9A=']],
  verifyCertificateHash: [['df6ff72fe9116521268f6f2dd4966f51df479883fe7037b39f75916ac3049d1a']],
  controllerName: ['mizzen.dev/gateway-controller', 'example.com/other'],
  numberOfItems: [1],
  allowMethods: [['GET']],
  allowHeaders: [['x-a']],
  outlierDetectionHttpErrorCodes: [[501]],
  codes: [[503]],
  bind: ['10.9.9.9', '127.0.0.9'],
  match: [{ uri: { prefix: '/x' } }],
  defaultEndpoint: ['127.0.0.1:7777'],
  environmentVariables: [{ ISTIO_META_A: 'b' }],
  imageType: ['debug'],
  claims: [['a']],
  address: ['10.2.0.9', 'redis.infra:6379'],
  rate: ['99/s'],
  peak: ['1000/s', '5/s'],
  requestPrincipals: [['a/b']],
  notRequestPrincipals: [['a/b']],
  ipBlocks: [['10.0.0.0/8']],
  notIpBlocks: [['10.0.0.0/8']],
  remoteIpBlocks: [['10.0.0.0/8']],
  notRemoteIpBlocks: [['10.0.0.0/8']],
  notPorts: [['8080']],
  principals: [['cluster.local/ns/shop/sa/client']],
  kind: ['Service', 'Secret', 'ConfigMap', 'Gateway', 'GRPCRoute', 'TLSRoute', 'Hostname', 'ListenerSet'],
  group: ['', 'gateway.networking.k8s.io', 'networking.istio.io', 'example.com'],
  namespace: ['bank', 'shop'],
  name: ['reviews', 'cert', 'ca', 'x-other', 'v2', 'authz-grpc', 'door', 'second'],
  sectionName: ['web', 'http', 'secure'],
  scheme: ['https', 'HTTPS'],
  locality: ['eu/a/1'],
  path: ['/path', '/x'],
  method: ['GET', 'C'],
  service: ['a.B', 'other.Service'],
  scheduler: ['a'],
}

/** @param name of the field */
export function candidates(name: string, schema: TSchema): unknown[] {
  const known = BY_NAME[name.replace(/\[\]$/, '')] ?? []
  return [...known, ...fromSchema(schema)]
}

function fromSchema(schema: TSchema): unknown[] {
  const shape = shapeOf(schema)
  if (shape.form === 'list') return fromSchema(shape.items).flatMap(item => [[item]])
  if (shape.form === 'map') return fromSchema(shape.values).flatMap(value => [{ 'x-other': value }, { version: value }])
  if (shape.form === 'message') return [example(schema)]
  if (Type.IsEnum(schema)) return schema.enum
  if (Type.IsBoolean(schema)) return [true, false]
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) return [7, 1, 2, 50, 80, 443, 8080, 9000, 503, 307, 0, 100]
  if (Type.IsString(schema)) return TEXTS
  return [{ a: 'b' }, 'b']
}

/** The least that a schema accepts, or the first candidate. */
export function example(schema: TSchema, name = ''): unknown {
  const shape = shapeOf(schema)
  if (shape.form !== 'message') return shape.form === 'list' ? [example(shape.items, name)] : candidates(name, schema)[0]
  const required = requiredOf(schema).flatMap((field): [string, unknown][] => {
    const part = shape.fields[field]
    return part ? [[field, example(part, field)]] : []
  })
  return Object.fromEntries(required)
}

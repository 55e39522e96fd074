import { type Row, testValidation } from '../verdict.testing.ts'

const rule = (text: string) => `{rules: [{${text}}]}`
const filter = (text: string) => rule(`filters: [{${text}}]`)
const F = 'spec.rules[0].filters[0]'
const auth = (text: string) => filter(`type: ExternalAuth, externalAuth: {backendRef: {name: a, port: 80}, ${text}}`)
const session = (text: string) => rule(`sessionPersistence: {${text}}`)
const S = 'spec.rules[0].sessionPersistence'

const rows: Row[] = [
  ['two listeners of one Gateway', '{parentRefs: [{name: a, sectionName: b}, {name: a, sectionName: c}]}', []],
  ['two ports of one Gateway', '{parentRefs: [{name: a, port: 80}, {name: a, port: 81}]}', []],
  ['Gateways of two namespaces', '{parentRefs: [{name: a}, {name: a, namespace: b}]}', []],
  ['a Gateway twice', '{parentRefs: [{name: a}, {name: a}]}', ['error spec.parentRefs[1]']],
  ['a Gateway and a listener of it', '{parentRefs: [{name: a, sectionName: b}, {name: a}]}', ['error spec.parentRefs[1]']],
  [
    'a Gateway twice, once by what is default',
    '{parentRefs: [{name: a}, {kind: Gateway, name: a}]}',
    ['error spec.parentRefs[1]'],
  ],
  [
    'a header that is removed twice',
    filter('type: RequestHeaderModifier, requestHeaderModifier: {remove: [a, b, a]}'),
    [`error ${F}.requestHeaderModifier.remove[2]`],
  ],
  [
    'a header that is set twice',
    filter('type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}, {name: a, value: c}]}'),
    [`error ${F}.requestHeaderModifier.set[1].name`],
  ],
  [
    'a header that is matched twice',
    rule('matches: [{headers: [{name: a, value: b}, {name: a, value: c}]}]'),
    ['error spec.rules[0].matches[0].headers[1].name'],
  ],
  ['a status twice', rule('retry: {codes: [500, 500]}'), ['error spec.rules[0].retry.codes[1]']],
  ['an origin twice', filter('type: CORS, cors: {allowOrigins: [http://a, http://a]}'), [`error ${F}.cors.allowOrigins[1]`]],
  ['an authorizer', auth('protocol: HTTP, http: {}'), []],
  ['an authorizer without settings', auth('protocol: GRPC'), [`error ${F}.externalAuth`]],
  [
    'an authorizer with the settings of the other protocol',
    auth('protocol: GRPC, grpc: {}, http: {}'),
    [`error ${F}.externalAuth.http`],
  ],
  ['a cookie', session('cookieConfig: {lifetimeType: Session}'), []],
  ['a cookie that stays without saying how long', session('cookieConfig: {lifetimeType: Permanent}'), [`error ${S}`]],
  ['a cookie of a header', session('type: Header, cookieConfig: {}'), [`error ${S}.cookieConfig`]],
]

testValidation('HTTPRoute', rows)
testValidation('BackendTLSPolicy', [
  [
    'a Service and a port of it',
    '{targetRefs: [{group: "", kind: Service, name: a}, {group: "", kind: Service, name: a, sectionName: b}], validation: {hostname: a, wellKnownCACertificates: System}}',
    ['error spec.targetRefs[1]'],
  ],
])

import { type Row, testValidation } from '../../verdict.testing.ts'

const from = (source: string) => `{rules: [{from: [{source: ${source}}]}]}`
const to = (operation: string) => `{rules: [{to: [{operation: ${operation}}]}]}`
const when = (condition: string) => `{rules: [{when: [${condition}]}]}`
const deny = (rule: string) => `{action: DENY, rules: [${rule}]}`
const custom = (rule: string) => `{action: CUSTOM, provider: {name: opa}, rules: [${rule}]}`
const source = 'spec.rules[0].from[0].source'
const operation = 'spec.rules[0].to[0].operation'

const rows: Row[] = [
  ['nothing, which denies', '{}', []],
  ['a rule for everything', '{rules: [{}]}', []],
  ['a DENY without rules', '{action: DENY}', ['error spec']],
  ['a DENY of everything', deny('{}'), []],
  ['a CUSTOM without rules', '{action: CUSTOM, provider: {name: opa}}', ['error spec']],
  ['a CUSTOM without provider', '{action: CUSTOM, rules: [{}]}', ['error spec']],
  ['a provider for nothing', '{rules: [{}], provider: {name: opa}}', ['error spec.provider']],
  ['identities that an authorizer is asked for', custom('{from: [{source: {principals: [a]}}]}'), [`error ${source}.principals`]],
  [
    'conditions on identities that an authorizer is asked for',
    custom('{when: [{key: request.auth.principal, values: [a]}]}'),
    ['error spec.rules[0].when[0].key'],
  ],
  ['addresses that an authorizer is asked for', custom('{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}'), []],
  ['an empty list of sources', '{rules: [{from: []}]}', ['error spec.rules[0].from']],
  ['an empty list of operations', '{rules: [{to: []}]}', ['error spec.rules[0].to']],
  ['a list entry without source', '{rules: [{from: [{}]}]}', ['error spec.rules[0].from[0]']],
  ['a list entry without operation', '{rules: [{to: [{}]}]}', ['error spec.rules[0].to[0]']],
  ['a source that says nothing', from('{principals: []}'), [`error ${source}`]],
  ['an operation that says nothing', to('{}'), [`error ${operation}`]],
  ['a bad address', from('{notRemoteIpBlocks: [1.2.3.4.5]}'), [`error ${source}.notRemoteIpBlocks[0]`]],
  ['service accounts of both forms', from('{serviceAccounts: [a, b/c]}'), []],
  ['a service account with a wildcard', from('{serviceAccounts: ["a*"]}'), [`error ${source}.serviceAccounts[0]`]],
  ['a service account of three parts', from('{notServiceAccounts: [a/b/c]}'), [`error ${source}.notServiceAccounts[0]`]],
  ['service accounts beside principals', from('{serviceAccounts: [a], notPrincipals: [b]}'), [`error ${source}.notPrincipals`]],
  ['trust domains', from('{trustDomains: [a, "*", "*.b", "c*"]}'), []],
  ['a trust domain with a path', from('{trustDomains: [a/ns]}'), [`error ${source}.trustDomains[0]`]],
  ['a trust domain with two wildcards', from('{notTrustDomains: ["*a*"]}'), [`error ${source}.notTrustDomains[0]`]],
  ['a port that is none', to('{ports: ["80", http, "65536"]}'), [`error ${operation}.ports[1]`, `error ${operation}.ports[2]`]],
  ['path templates', to('{paths: ["/a/{*}/b", "/{*}/{**}", "/{**}/b", "/a*"]}'), []],
  ['a template after the rest', to('{paths: ["/{**}/{*}"]}'), [`error ${operation}.paths[0]`]],
  ['a template that is part of a segment', to('{notPaths: ["/a{*}"]}'), [`error ${operation}.notPaths[0]`]],
  ['a template beside a wildcard', to('{paths: ["/{*}/a*"]}'), [`error ${operation}.paths[0]`]],
  ['braces that are no template', to('{paths: ["/{id}"]}'), [`error ${operation}.paths[0]`]],
  [
    'conditions of all kinds',
    when(
      '{key: "request.headers[x]", values: ["*"]}, {key: source.ip, values: [::1/128]}, {key: destination.port, notValues: ["80"]}, {key: "request.auth.claims[a][b]", values: [c]}, {key: "experimental.envoy.filters.a[b]", values: [c]}, {key: source.serviceAccount, values: [a/b]}',
    ),
    [],
  ],
  ['an unknown attribute', when('{key: destination.labels, values: [a]}'), ['error spec.rules[0].when[0].key']],
  ['a header without name', when('{key: "request.headers[]", values: [a]}'), ['error spec.rules[0].when[0].key']],
  ['a claim without brackets', when('{key: request.auth.claims.a, values: [a]}'), ['error spec.rules[0].when[0].key']],
  ['a condition without values', when('{key: source.ip}'), ['error spec.rules[0].when[0]']],
  ['a condition on an address that is none', when('{key: remote.ip, values: [a]}'), ['error spec.rules[0].when[0].values[0]']],
  ['a DENY of methods', deny('{to: [{operation: {methods: [GET]}}]}'), ['warning spec']],
  ['a DENY of tokens', deny('{from: [{source: {requestPrincipals: ["*"]}}]}'), ['warning spec']],
  ['a DENY of methods on a port', deny('{to: [{operation: {methods: [GET], ports: ["80"]}}]}'), []],
  [
    'a DENY of a header and an identity',
    deny('{when: [{key: "request.headers[a]", values: [b]}, {key: source.principal, values: [a]}]}'),
    [],
  ],
  ['a selector beside a target', '{selector: {matchLabels: {a: b}}, targetRefs: [{kind: Service, name: a}]}', ['error spec']],
]

testValidation('AuthorizationPolicy', rows)

const annotated = (value: string) => ({ name: 'a', annotations: { 'istio.io/dry-run': value } })
const annotation = 'error metadata.annotations["istio.io/dry-run"]'
testValidation(
  'AuthorizationPolicy',
  [
    ['a dry run', '{}', []],
    ['a dry run of an AUDIT', '{action: AUDIT}', [annotation]],
  ],
  annotated('true'),
)
testValidation('AuthorizationPolicy', [['a dry run that is neither', '{}', [annotation]]], annotated('maybe'))

import { type Row, testValidation } from '../../verdict.testing.ts'

const http = 'port: {number: 80, name: http, protocol: HTTP}'
const https = 'port: {number: 443, name: https, protocol: HTTPS}'
const server = (text: string) => `{selector: {istio: ingressgateway}, servers: [{${text}}]}`
const hosts = (list: string) => server(`${http}, hosts: ${list}`)
const tls = (text: string) => server(`${https}, hosts: ['*'], tls: {${text}}`)
const S = 'spec.servers[0]'

const rows: Row[] = [
  ['hosts of all forms', hosts(`['*', shop.example.com, ./a.com, ns/a.com, '*/*.b.com', 10.0.0.1, '::1']`), []],
  ['no servers', '{selector: {}}', ['error spec']],
  ['no hosts', hosts('[]'), [`error ${S}.hosts`]],
  ['a short name', hosts('[shop]'), [`error ${S}.hosts[0]`]],
  ['a part of a label as wildcard', hosts(`['*shop.com']`), [`error ${S}.hosts[0]`]],
  ['a namespace that is none', hosts('[a.b/c.com]'), [`error ${S}.hosts[0]`]],
  ['no port', server(`hosts: ['*']`), [`error ${S}`]],
  [
    'a port without anything',
    server(`port: {}, hosts: ['*']`),
    [`error ${S}.port`, `error ${S}.port.number`, `error ${S}.port.protocol`],
  ],
  [
    'a target port',
    server(`port: {number: 80, name: http, protocol: HTTP, targetPort: 8080}, hosts: ['*']`),
    [`error ${S}.port.targetPort`],
  ],
  ['an unknown protocol', server(`port: {number: 80, name: http, protocol: GOPHER}, hosts: ['*']`), [`error ${S}.port.protocol`]],
  [
    'two ports of one name',
    `{servers: [{${http}, hosts: [a.com]}, {${http}, hosts: [b.com]}]}`,
    ['error spec.servers[1].port.name'],
  ],
  ['an address to bind', server(`${http}, hosts: ['*'], bind: 127.0.0.1`), []],
  ['a name to bind', server(`${http}, hosts: ['*'], bind: localhost`), [`error ${S}.bind`]],
  ['a unix socket', server(`port: {number: 0, name: http, protocol: HTTP}, hosts: ['*'], bind: 'unix:///run/a.sock'`), []],
  ['a unix socket with a port', server(`${http}, hosts: ['*'], bind: 'unix:///run/a.sock'`), [`error ${S}.port.number`]],

  ['HTTPS without tls', server(`${https}, hosts: ['*']`), [`error ${S}`]],
  ['a redirect to HTTPS', server(`${http}, hosts: ['*'], tls: {httpsRedirect: true}`), []],
  ['certificates for plaintext', server(`${http}, hosts: ['*'], tls: {mode: SIMPLE, credentialName: a}`), [`error ${S}.tls`]],
  [
    'certificates for TCP',
    server(`port: {number: 80, name: a, protocol: TCP}, hosts: ['*'], tls: {mode: SIMPLE, credentialName: a}`),
    [`error ${S}.tls`],
  ],
  ['SIMPLE with a credential', tls('mode: SIMPLE, credentialName: a'), []],
  ['SIMPLE with nothing', tls('mode: SIMPLE'), [`error ${S}.tls`, `error ${S}.tls`]],
  ['SIMPLE with a revocation list', tls('mode: SIMPLE, serverCertificate: a, privateKey: b, caCrl: c'), [`error ${S}.tls.caCrl`]],
  ['two sources of certificates', tls('mode: SIMPLE, credentialName: a, credentialNames: [b]'), [`error ${S}.tls`]],
  ['three certificates', tls('mode: SIMPLE, credentialNames: [a, b, c]'), [`error ${S}.tls.credentialNames`]],
  ['a pair without key', tls('mode: SIMPLE, tlsCertificates: [{serverCertificate: a}]'), [`error ${S}.tls.tlsCertificates[0]`]],
  ['MUTUAL without authority', tls('mode: MUTUAL, serverCertificate: a, privateKey: b'), [`error ${S}.tls`]],
  ['OPTIONAL_MUTUAL with all', tls('mode: OPTIONAL_MUTUAL, serverCertificate: a, privateKey: b, caCertificates: c'), []],
  ['PASSTHROUGH with a certificate', tls('mode: PASSTHROUGH, credentialName: a'), [`warning ${S}.tls.credentialName`]],
  ["the mesh's TLS with a credential", tls('mode: ISTIO_MUTUAL, credentialName: a'), [`error ${S}.tls.credentialName`]],
  [
    'unknown and repeated ciphers',
    tls('mode: SIMPLE, credentialName: a, cipherSuites: [ROT13, ALL, ALL]'),
    [`warning ${S}.tls.cipherSuites[0]`, `warning ${S}.tls.cipherSuites[2]`],
  ],
  [
    'TLS 1.0 without ciphers',
    tls('mode: SIMPLE, credentialName: a, minProtocolVersion: TLSV1_0'),
    [`warning ${S}.tls.minProtocolVersion`],
  ],
]

testValidation('Gateway', rows)
testValidation('Gateway', [['a name with a dot', hosts(`['*']`), ['error metadata.name']]], { name: 'front.door' })

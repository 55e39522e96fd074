import { type Row, testValidation } from '../../verdict.testing.ts'

const egress = (text: string) => `{egress: [${text}]}`
const ingress = (text: string) => `{ingress: [{port: {number: 80, protocol: HTTPS, name: https}, ${text}}]}`

const rows: Row[] = [
  ['hosts of all forms', egress(`{hosts: ['*/*', ./a.com, ns/b.com, '~/*', '~ns/c.com']}`), []],
  ['nothing', '{workloadSelector: {labels: {a: b}}}', ['error spec']],
  ['a selector without labels', '{workloadSelector: {}, egress: [{hosts: ["./*"]}]}', ['warning spec.workloadSelector.labels']],
  [
    'a label no pod can have',
    '{workloadSelector: {labels: {a b: c}}, egress: [{hosts: ["./*"]}]}',
    ['warning spec.workloadSelector.labels["a b"]'],
  ],
  [
    'a label with a wildcard',
    '{workloadSelector: {labels: {a: "b*"}}, egress: [{hosts: ["./*"]}]}',
    ['error spec.workloadSelector.labels.a'],
  ],
  ['a socket without a port', egress(`{bind: 'unix:///a', hosts: ['*/*']}`), ['warning spec.egress[0].bind']],
  ['the name of a port that is none', '{ingress: [{port: {number: 80, name: a_b}}]}', ['error spec.ingress[0].port.name']],
  ['no hosts', egress('{hosts: []}'), ['error spec.egress[0].hosts']],
  ['a host without namespace', egress('{hosts: [a.com]}'), ['error spec.egress[0].hosts[0]']],
  ['a short name', egress('{hosts: [./a]}'), ['error spec.egress[0].hosts[0]']],
  [
    'a host and all of its namespace',
    egress(`{hosts: [ns/a.com, 'ns/*', './x.com', shop/x.com]}`),
    ['warning spec.egress[0].hosts[1]', 'warning spec.egress[0].hosts[3]'],
  ],
  [
    'the rest before the last',
    egress(`{hosts: ['*/*']}, {port: {number: 80, protocol: HTTP}, hosts: ['*/*']}`),
    ['error spec.egress[0]'],
  ],
  [
    'a port twice',
    egress(`{port: {number: 80}, hosts: ['*/*']}, {port: {number: 80}, hosts: ['*/*']}`),
    ['error spec.egress[1].port'],
  ],
  ['a port of 0', egress(`{port: {number: 0, protocol: HTTP}, hosts: ['*/*']}`), ['error spec.egress[0].port.number']],
  ['a unix socket', egress(`{port: {number: 0, protocol: HTTP}, bind: 'unix:///a', hosts: ['*/*']}`), []],
  [
    'a captured unix socket',
    egress(`{port: {protocol: HTTP}, bind: 'unix:///a', captureMode: IPTABLES, hosts: ['*/*']}`),
    ['error spec.egress[0].captureMode'],
  ],

  ['an application on loopback', ingress("defaultEndpoint: '127.0.0.1:8080'"), []],
  ['an application elsewhere', ingress("defaultEndpoint: '10.0.0.1:8080'"), ['error spec.ingress[0].defaultEndpoint']],
  ['an application without port', ingress("defaultEndpoint: '[::]'"), ['error spec.ingress[0].defaultEndpoint']],
  ['TLS from files', ingress('tls: {mode: SIMPLE, serverCertificate: a, privateKey: b}'), []],
  ['TLS from a credential', ingress('tls: {mode: SIMPLE, credentialName: a}'), ['error spec.ingress[0].tls.credentialName']],
  ['TLS that is passed through', ingress('tls: {mode: PASSTHROUGH}'), ['error spec.ingress[0].tls.mode']],
  [
    'TLS with names',
    ingress('tls: {mode: MUTUAL, serverCertificate: a, privateKey: b, caCertificates: c, subjectAltNames: [d]}'),
    ['error spec.ingress[0].tls.subjectAltNames'],
  ],
  [
    'TLS on a port without protocol',
    '{ingress: [{port: {number: 9080}, tls: {mode: SIMPLE, serverCertificate: a, privateKey: b}}]}',
    ['error spec.ingress[0].tls'],
  ],
  ['an empty pool', ingress('connectionPool: {}'), ['error spec.ingress[0].connectionPool']],

  ['an egress proxy', '{outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: out.example.com, port: {number: 80}}}}', []],
  [
    'an egress proxy for nothing',
    '{outboundTrafficPolicy: {mode: REGISTRY_ONLY, egressProxy: {host: out.example.com}}}',
    ['error spec.outboundTrafficPolicy.egressProxy'],
  ],
]

testValidation('Sidecar', rows)

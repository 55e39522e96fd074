import { type Row, testValidation } from '../../verdict.testing.ts'

const url = 'url: "oci://example.com/a:1"'
const rows: Row[] = [
  ['an image', `{${url}, phase: AUTHN, priority: -1, pluginConfig: {any: [thing]}}`, []],
  ['no url', '{}', ['error spec']],
  ['an image without scheme', '{url: "registry:5000/a/b:latest"}', []],
  ['another scheme', '{url: "ftp://example.com/a"}', ['error spec.url']],
  ['a checksum that is none', `{${url}, sha256: abc}`, ['error spec.sha256']],
  ['a variable twice', `{${url}, vmConfig: {env: [{name: a}, {name: a}]}}`, ['error spec.vmConfig.env[1].name']],
  [
    'a value for a variable of the host',
    `{${url}, vmConfig: {env: [{name: a, valueFrom: HOST, value: b}]}}`,
    ['error spec.vmConfig.env[0].value'],
  ],
  ['a port that is none', `{${url}, match: [{ports: [{number: 70000}]}]}`, ['error spec.match[0].ports[0].number']],
  ['a selector and a target', `{${url}, selector: {matchLabels: {a: b}}, targetRef: {kind: Service, name: a}}`, ['error spec']],
]

testValidation('WasmPlugin', rows)
testValidation('TrafficExtension', [
  ['a script', '{lua: {inlineCode: "function envoy_on_request() end"}}', []],
  ['nothing', '{}', ['error spec']],
  ['two extensions', `{lua: {inlineCode: a}, wasm: {${url}}}`, ['error spec']],
])
testValidation('WorkloadGroup', [
  ['a template', '{template: {ports: {http: 80}}, probe: {grpc: {port: 80}}}', []],
  ['no template', '{}', ['error spec']],
  ['a probe of nothing', '{template: {}, probe: {}}', ['error spec.probe']],
  ['two probes', '{template: {}, probe: {grpc: {port: 80}, tcpSocket: {port: 80}}}', ['error spec.probe']],
  ['a command that is none', '{template: {}, probe: {exec: {command: []}}}', ['error spec.probe.exec.command']],
])
testValidation('ProxyConfig', [
  [
    'everything',
    '{selector: {matchLabels: {a: b}}, concurrency: 0, environmentVariables: {A: b}, image: {imageType: debug}}',
    [],
  ],
  ['less than no threads', '{concurrency: -1}', ['error spec.concurrency']],
])

import { type Row, testValidation } from '../../verdict.testing.ts'

const lua = 'lua: {inlineCode: "function envoy_on_request(handle) end"}'

const rows: Row[] = [
  ['a script', `{${lua}}`, []],
  ['a script in a phase', `{${lua}, phase: AUTHN, priority: 10}`, []],
  ['a module', '{wasm: {url: "oci://registry.example.com/filter:v1"}, phase: STATS}', []],
  ['a phase that there is not', `{${lua}, phase: LAST}`, ['error spec.phase']],
  ['both a script and a module', `{${lua}, wasm: {url: "http://a"}}`, ['error spec']],
  ['neither', '{phase: AUTHZ}', ['error spec']],
  ['an empty script', '{lua: {inlineCode: ""}}', ['error spec.lua.inlineCode']],
  ['a scheme nothing is fetched by', '{wasm: {url: "ftp://a"}}', ['error spec.wasm.url']],
]

testValidation('TrafficExtension', rows)

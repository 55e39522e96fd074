import { type Row, testValidation } from '../../verdict.testing.ts'

const rows: Row[] = [
  ['nothing', '{}', []],
  ['a mode for a namespace', '{mtls: {mode: STRICT}}', []],
  ['an unknown mode', '{mtls: {mode: BLAH}}', ['error spec.mtls.mode']],
  ['modes by port', '{selector: {matchLabels: {a: b}}, portLevelMtls: {80: {mode: DISABLE}, 443: {}}}', []],
  ['modes by port of nobody', '{portLevelMtls: {80: {mode: DISABLE}}}', ['error spec.portLevelMtls']],
  ['no port', '{selector: {matchLabels: {a: b}}, portLevelMtls: {}}', ['error spec.portLevelMtls']],
  [
    'ports that are none',
    '{selector: {matchLabels: {a: b}}, portLevelMtls: {0: {}, 65536: {}, http: {}}}',
    ['error spec.portLevelMtls["0"]', 'error spec.portLevelMtls["65536"]', 'error spec.portLevelMtls.http'],
  ],
  ['an empty selector', '{selector: {}}', ['warning spec.selector']],
  ['a wildcard', "{selector: {matchLabels: {a: 'b*'}}}", ['error spec.selector.matchLabels.a']],
]

testValidation('PeerAuthentication', rows)

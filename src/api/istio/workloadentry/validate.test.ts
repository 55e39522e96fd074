import { testValidation } from '../../verdict.testing.ts'

testValidation('WorkloadEntry', [
  [
    'an address',
    '{address: 10.0.0.1, ports: {http: 8080}, labels: {app: cart}, locality: a/b/c, weight: 2, serviceAccount: cart}',
    [],
  ],
  ['a name', '{address: vm.example.com}', []],
  ['a name that is none', '{address: vm_1}', ['error spec.address']],
  ['nothing', '{}', ['error spec']],
  ['a network alone', '{network: far}', ['warning spec']],
  ['an abstract unix socket', '{address: "unix://@cart"}', []],
  ['a relative unix socket', '{address: "unix://cart.sock"}', ['error spec.address']],
  ['a unix socket with ports', '{address: "unix:///cart.sock", ports: {http: 80}}', ['error spec.ports']],
  ['a port that is none', '{address: 10.0.0.1, ports: {http: 65536}}', ['error spec.ports.http']],
  ['a port name that is none', '{address: 10.0.0.1, ports: {"@": 80}}', ['error spec.ports["@"]']],
  ['a label that is none', '{address: 10.0.0.1, labels: {a: "b c"}}', ['error spec.labels.a']],
])

import { type Row, testValidation } from '../../verdict.testing.ts'

const http = 'ports: [{number: 80, name: http, protocol: HTTP}]'
const tcp = 'ports: [{number: 6379, name: redis, protocol: TCP}]'
const entry = (text: string) => `{hosts: [a.com], ${text}}`

const rows: Row[] = [
  ['an external host', entry(`${http}, resolution: DNS`), []],
  ['no hosts', `{${http}}`, ['error spec']],
  ['every host', `{hosts: ['*'], ${http}}`, ['error spec.hosts[0]']],
  ['a part of a label as wildcard', `{hosts: ['*a.com'], ${http}}`, ['warning spec.hosts[0]']],
  ['an address that is none', entry(`${http}, addresses: [10.0.0]`), ['error spec.addresses[0]']],
  ['a range with DNS', entry(`${http}, addresses: [10.0.0.0/8], resolution: DNS`), ['error spec.addresses[0]']],
  [
    'a port twice',
    entry('ports: [{number: 80, name: a, protocol: HTTP}, {number: 80, name: a, protocol: HTTP}]'),
    ['error spec.ports[1].name', 'error spec.ports[1].number'],
  ],
  ['a protocol that is none', entry('ports: [{number: 80, name: a, protocol: FTP}]'), ['error spec.ports[0].protocol']],
  ['TCP without address', entry(tcp), ['warning spec.ports[0]']],
  ['TCP with an address', entry(`${tcp}, addresses: [10.0.0.1]`), []],
  ['several hosts for TCP', `{hosts: [a.com, b.com], ${tcp}, resolution: DNS}`, ['error spec.hosts']],
  ['several hosts for HTTP', `{hosts: [a.com, b.com], ${http}, resolution: DNS}`, []],
  [
    'a selector and endpoints',
    entry(`${http}, resolution: STATIC, workloadSelector: {labels: {a: b}}, endpoints: [{address: 1.1.1.1}]`),
    ['error spec'],
  ],
  ['exportTo nobody', entry(`${http}, exportTo: ['~']`), []],
  ['exportTo nobody and somebody', entry(`${http}, exportTo: ['~', a]`), ['error spec.exportTo']],

  ['endpoints without resolution', entry(`${http}, endpoints: [{address: 1.1.1.1}]`), ['error spec.endpoints']],
  [
    'a name as a static endpoint',
    entry(`${http}, resolution: STATIC, endpoints: [{address: b.com}]`),
    ['error spec.endpoints[0].address'],
  ],
  ['a unix socket as endpoint', entry(`${http}, resolution: STATIC, endpoints: [{address: 'unix:///run/a.sock'}]`), []],
  [
    'a unix socket for two ports',
    entry(
      `ports: [{number: 80, name: a, protocol: HTTP}, {number: 81, name: b, protocol: HTTP}], resolution: STATIC, endpoints: [{address: 'unix:///a'}]`,
    ),
    ['error spec.ports'],
  ],
  [
    "an endpoint's port of no service",
    entry(`${http}, resolution: STATIC, endpoints: [{address: 1.1.1.1, ports: {grpc: 1}}]`),
    ['error spec.endpoints[0].ports.grpc'],
  ],
  [
    'an endpoint in another network',
    entry(`${http}, resolution: STATIC, endpoints: [{network: far}]`),
    ['warning spec.endpoints[0]'],
  ],
  ['a wildcard to ask DNS for', `{hosts: ['*.a.com'], ${http}, resolution: DNS}`, ['error spec.hosts[0]']],
  ['a wildcard with endpoints', `{hosts: ['*.a.com'], ${http}, resolution: DNS, endpoints: [{address: a.com}]}`, []],
  [
    'two endpoints in turn',
    entry(`${http}, resolution: DNS_ROUND_ROBIN, endpoints: [{address: b.com}, {address: c.com}]`),
    ['error spec.endpoints'],
  ],
  ['a dynamic wildcard', `{hosts: ['*.a.com'], ${http}, resolution: DYNAMIC_DNS}`, []],
  ['a dynamic plain host', entry(`${http}, resolution: DYNAMIC_DNS`), ['error spec.hosts[0]']],
  [
    'a dynamic host with addresses',
    `{hosts: ['*.a.com'], ${http}, addresses: [1.1.1.1], resolution: DYNAMIC_DNS}`,
    ['error spec.addresses'],
  ],
  ['a dynamic host for TCP', `{hosts: ['*.a.com'], ${tcp}, resolution: DYNAMIC_DNS}`, ['error spec.ports[0].protocol']],
]

testValidation('ServiceEntry', rows)
testValidation(
  'ServiceEntry',
  [
    ['TCP that gets no address', entry(`${tcp}, resolution: DNS`), ['warning spec.ports[0]']],
    ['HTTP that gets no address', entry(`${http}, resolution: DNS`), []],
  ],
  { name: 'case', labels: { 'networking.istio.io/enable-autoallocate-ip': 'false' } },
)
testValidation(
  'ServiceEntry',
  [
    [
      'a dynamic host of the mesh behind a waypoint',
      `{hosts: ['*.a.com'], ${http}, resolution: DYNAMIC_DNS, location: MESH_INTERNAL}`,
      ['error spec.location'],
    ],
  ],
  { name: 'case', labels: { 'istio.io/use-waypoint': 'waypoint' } },
)

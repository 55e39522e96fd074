import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { type JsonValue, readMessage } from './read-message.ts'

const CLUSTER = 'envoy.config.cluster.v3.Cluster'
const FILTER = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter'
const URL = 'type.googleapis.com/'

/** Level, place and the beginning of the sentence of each fault. */
const faultsOf = (type: string, json: JsonValue) =>
  readMessage(type, json).faults.map(({ level, path, message }) => `${level} ${path.join('.')} ${message.slice(0, 24)}`)

test('readMessage() reads durations as Go writes them when an EnvoyFilter has them so', () => {
  const { bytes, faults } = readMessage(CLUSTER, {
    name: 'a',
    dns_refresh_rate: '500ms',
    connect_timeout: '1m',
    cleanupInterval: '0.25s',
  })
  assert.deepEqual(faults, [])
  const cluster = Cluster.decode(bytes ?? new Uint8Array())
  assert.deepEqual(cluster.dnsRefreshRate, { seconds: 0, nanos: 500_000_000 })
  assert.deepEqual(cluster.connectTimeout, { seconds: 60, nanos: 0 })
  assert.deepEqual(cluster.cleanupInterval, { seconds: 0, nanos: 250_000_000 })
})

test('readMessage() leaves unknown fields out with a warning and keeps the rest', () => {
  const { bytes, faults } = readMessage(CLUSTER, { name: 'a', conect_timeout: '1s', x: { y: 1 } })
  assert.deepEqual(
    faults.map(({ level, path }) => [level, path]),
    [
      ['warning', ['conect_timeout']],
      ['warning', ['x']],
    ],
  )
  assert.match(faults[0]?.message ?? '', /did you mean "connect_timeout"/)
  assert.equal(Cluster.decode(bytes ?? new Uint8Array()).name, 'a')
})

const bad: readonly (readonly [string, string, JsonValue, string])[] = [
  ['a number for a text', CLUSTER, { name: 5 }, 'error name expected a text'],
  ['a value that the enum has not', CLUSTER, { lb_policy: 'ROUND' }, 'error lb_policy expected one of'],
  ['no duration', CLUSTER, { connect_timeout: 'soon' }, 'error connect_timeout expected a length of time'],
  ['a map for a list', CLUSTER, { health_checks: {} }, 'error health_checks expected a list'],
  ['a text for a map', CLUSTER, { load_assignment: 'a' }, 'error load_assignment expected a map'],
  [
    'a number that is too large',
    CLUSTER,
    { max_requests_per_connection: 4294967296 },
    'error max_requests_per_connection expected a whole number',
  ],
  [
    'a number that is none',
    CLUSTER,
    { per_connection_buffer_limit_bytes: 1.5 },
    'error per_connection_buffer_limit_bytes expected a whole number',
  ],
  ['a text for a yes or no', CLUSTER, { respect_dns_ttl: 'true' }, 'error respect_dns_ttl expected true or false'],
  ['two of which one is to be', CLUSTER, { type: 'EDS', cluster_type: { name: 'a' } }, 'error cluster_type "type" and'],
  ['a configuration without a type', FILTER, { name: 'a', typed_config: { x: 1 } }, 'error typed_config "@type" is missing'],
  [
    'a type that there is not',
    FILTER,
    { name: 'a', typed_config: { '@type': `${URL}envoy.config.v3.X` } },
    'error typed_config.@type ',
  ],
  [
    'a mistake inside a configuration',
    FILTER,
    { name: 'a', typed_config: { '@type': `${URL}envoy.extensions.filters.http.router.v3.Router`, dynamic_stats: 'yes' } },
    'error typed_config.dynamic_stats expected true or false',
  ],
]
for (const [title, type, json, expected] of bad) {
  test(`readMessage() tells of ${title}`, () => {
    const { bytes, faults } = readMessage(type, json)
    assert.equal(bytes, undefined)
    assert.ok(
      faults.some(({ level, path, message }) => `${level} ${path.join('.')} ${message}`.startsWith(expected)),
      JSON.stringify(faults),
    )
  })
}

test('readMessage() reads extensions that mizzen has no use for, and knows their fields', () => {
  const kill = `${URL}envoy.extensions.filters.http.admission_control.v3.AdmissionControl`
  assert.ok(readMessage(FILTER, { name: 'a', typed_config: { '@type': kill, sampling_window: '30s' } }).bytes)
  assert.deepEqual(faultsOf(FILTER, { name: 'a', typed_config: { '@type': kill, sampling: '30s' } }), [
    'warning typed_config.sampling AdmissionControl has no ',
  ])
})

test('readMessage() does not judge an extension that may be newer than it', () => {
  const { bytes, faults } = readMessage(FILTER, {
    name: 'a',
    typed_config: { '@type': `${URL}envoy.extensions.filters.http.future.v3.Future` },
  })
  assert.equal(bytes, undefined)
  assert.deepEqual(faults.map(({ level, unknownType }) => [level, unknownType])[0], [
    'warning',
    'envoy.extensions.filters.http.future.v3.Future',
  ])
})

test('readMessage() warns of an extension without a type', () => {
  assert.deepEqual(faultsOf(FILTER, { name: 'envoy.filters.http.cors' }), ['warning  "typed_config" is missin'])
})

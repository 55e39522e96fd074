import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_SETTINGS } from '../model/settings.ts'
import { ceilingOf } from '../model/visibility.ts'
import { readMeshConfig } from './mesh-config.ts'

test('readMeshConfig() leaves defaults in force where nothing is said', () => {
  assert.deepEqual(readMeshConfig('').settings, DEFAULT_SETTINGS)
  assert.deepEqual(readMeshConfig('enableTracing: true').problems, [])
})

test('readMeshConfig() reads what it knows', () => {
  const { settings, problems } = readMeshConfig(`
rootNamespace: root
connectTimeout: 1.5s
outboundTrafficPolicy: {mode: REGISTRY_ONLY}
defaultServiceExportTo: ["."]
defaultHttpRetryPolicy: {attempts: 0}
localityLbSetting: {enabled: false}
tcpKeepalive: {probes: 3, time: 90s}
`)
  assert.deepEqual(problems, [])
  assert.equal(settings.rootNamespace, 'root')
  assert.equal(settings.connectTimeoutMs, 1500)
  assert.equal(settings.outboundPolicy, 'registry-only')
  assert.deepEqual(settings.defaultServiceExportTo, ['.'])
  assert.equal(settings.defaultRetry.attempts, 0)
  assert.equal(settings.locality?.enabled, false)
  assert.deepEqual(settings.keepalive, { probes: 3, timeSeconds: 90, intervalSeconds: undefined })
})

test('readMeshConfig() leaves out curves that Envoy does not know when TLS is given defaults', () => {
  const { settings, unused } = readMeshConfig(
    'tlsDefaults: {minProtocolVersion: TLSV1_3, ecdhCurves: [P-256, nonsense, P-256], cipherSuites: [AES128-GCM-SHA256]}',
  )
  assert.deepEqual(settings.tlsDefaults, { minVersion: '1.3', curves: ['P-256'], cipherSuites: ['AES128-GCM-SHA256'] })
  assert.deepEqual(unused, [])
})

test('readMeshConfig() leaves all of a configuration out that has mistakes, and says where they are', () => {
  const { settings, problems } = readMeshConfig(
    'connectTimeout: 5\noutboundTrafficPolicy: {mode: NONE}\naccessLogFile: [a]\nrootNamespace: root',
  )
  assert.equal(settings.connectTimeoutMs, DEFAULT_SETTINGS.connectTimeoutMs)
  assert.equal(settings.rootNamespace, 'istio-system')
  assert.equal(problems.length, 3)
  assert.match(
    problems.join('\n'),
    /meshConfig\.outboundTrafficPolicy\.mode: expected one of REGISTRY_ONLY, ALLOW_ANY, .* got "NONE"/,
  )
})

test('readMeshConfig() survives text that is not YAML', () => {
  const { settings, problems } = readMeshConfig('a: [')
  assert.deepEqual(settings, DEFAULT_SETTINGS)
  assert.match(problems[0] ?? '', /^Cannot read the mesh configuration: /)
})

test('readMeshConfig() takes the ConfigMap that holds the configuration, and names with underscores', () => {
  const { settings, problems } = readMeshConfig(
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio}\ndata: {mesh: "trust_domain: example.org\\ningress_service: istio-edge"}',
  )
  assert.deepEqual(problems, [])
  assert.equal(settings.trustDomain, 'example.org')
  assert.deepEqual(settings.ingress, { mode: 'ours', className: 'istio', service: 'istio-edge', selector: 'edge' })
})

test('readMeshConfig() says which fields have no effect', () => {
  const { unused } = readMeshConfig(
    'proxyListenPort: 15001\nproxyHttpPort: 15002\noutboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS}',
  )
  assert.match(
    unused.join('\n'),
    /^meshConfig\.proxyHttpPort has no effect .*\nmeshConfig\.outboundTrafficPolicy\.mode ALLOW_ANY_DYNAMIC_DNS is taken as/,
  )
})

test('readMeshConfig() makes extension providers of all kinds', () => {
  const { settings, problems } = readMeshConfig(`
extensionProviders:
- {name: traces, opentelemetry: {service: obs/otel.obs.svc.cluster.local, port: 4317, grpc: {timeout: 2s}, resourceDetectors: {environment: {}}}}
- {name: b3, zipkin: {service: zipkin.obs.svc.cluster.local, port: 9411, traceContextOption: USE_B3_WITH_W3C_PROPAGATION}}
- {name: lines, envoyFileAccessLog: {logFormat: {labels: {code: "%RESPONSE_CODE%"}}}}
- {name: metrics, prometheus: {}}
defaultProviders: {tracing: [traces]}
`)
  assert.deepEqual(problems, [])
  const traces = settings.extensionProviders.get('traces')
  assert.ok(traces?.kind === 'opentelemetry')
  assert.deepEqual(traces.service, { host: 'otel.obs.svc.cluster.local', namespace: 'obs', port: 4317 })
  assert.deepEqual([traces.timeoutMs, traces.httpPath, traces.detectors.environment], [2000, undefined, true])
  assert.deepEqual(
    [...settings.extensionProviders.values()].map(provider => provider.kind),
    ['opentelemetry', 'zipkin', 'file-log', 'prometheus'],
  )
  assert.deepEqual(settings.defaultProviders, { tracing: ['traces'], metrics: [], accessLogging: [] })
})

test('readMeshConfig() reads how far ServiceEntries may show themselves, by the labels of their namespaces', () => {
  const { settings, problems, unused } = readMeshConfig(`
serviceEntryVisibility:
  defaultVisibility: NAMESPACE
  applyToSidecars: true
  policies:
  - {visibility: NONE, matchingRules: [{}]}
  - {visibility: PUBLIC, matchingRules: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: istio-system}}}]}
  - {visibility: NONE, matchingRules: [{namespaceSelector: {matchExpressions: [{key: wild, operator: Exists}]}}]}
`)
  assert.deepEqual([problems, unused], [[], []])
  const rules = settings.entryVisibility
  assert.ok(rules)
  assert.equal(ceilingOf(rules, 'istio-system', { wild: '' }), 'public')
  assert.equal(ceilingOf(rules, 'shop', { wild: '' }), 'none')
  assert.equal(ceilingOf(rules, 'shop', {}), 'namespace')
})

test('readMeshConfig() says that serviceEntryVisibility waits for applyToSidecars', () => {
  const { settings, unused } = readMeshConfig('serviceEntryVisibility: {defaultVisibility: NONE}')
  assert.equal(settings.entryVisibility, undefined)
  assert.match(unused.join(), /serviceEntryVisibility has no effect without applyToSidecars/)
})

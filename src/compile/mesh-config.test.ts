import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_SETTINGS } from '../model/settings.ts'
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

test('readMeshConfig() says which fields it cannot use, and keeps their defaults', () => {
  const { settings, problems } = readMeshConfig('connectTimeout: 5\noutboundTrafficPolicy: {mode: NONE}\naccessLogFile: [a]')
  assert.equal(settings.connectTimeoutMs, DEFAULT_SETTINGS.connectTimeoutMs)
  assert.equal(settings.accessLogFile, '')
  assert.equal(problems.length, 3)
  assert.match(problems.join('\n'), /meshConfig\.outboundTrafficPolicy\.mode: "NONE", expected ALLOW_ANY, REGISTRY_ONLY/)
})

test('readMeshConfig() survives text that is not YAML', () => {
  const { settings, problems } = readMeshConfig('a: [')
  assert.deepEqual(settings, DEFAULT_SETTINGS)
  assert.match(problems[0] ?? '', /^Cannot read the mesh configuration: /)
})

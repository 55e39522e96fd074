import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveSettings } from './resolve.ts'
import type { Settings } from './settings.ts'

const version = '1.2.3'
const from = 'a file'

function settingsOf(tree: unknown, profile?: string): Settings {
  const resolved = resolveSettings({ version, profile, layers: [{ from, tree }] })
  assert.ok('settings' in resolved, JSON.stringify(resolved))
  return resolved.settings
}

function problemsOf(tree: unknown): readonly string[] {
  const resolved = resolveSettings({ version, layers: [{ from, tree }] })
  assert.ok(!('settings' in resolved))
  return resolved
}

test('resolveSettings() fits its own schema with nothing said', () => {
  const settings = settingsOf({})
  assert.equal(settings.global.tag, '1.2.3')
  assert.equal(settings.gateways['istio-ingressgateway'].enabled, true)
})

test('resolveSettings() lays layers over the profile, and profiles over the defaults', () => {
  const settings = settingsOf({ pilot: { resources: { requests: { cpu: '1' } } } }, 'demo')
  assert.equal(settings.pilot.replicaCount, 1)
  assert.deepEqual(settings.pilot.resources['requests'], { cpu: '1', memory: '96Mi' })
  assert.equal(settings.gateways['istio-egressgateway'].enabled, true)
})

test('resolveSettings() reads an IstioOperator', () => {
  const tree = {
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    spec: {
      profile: 'minimal',
      hub: 'registry.example.com/mesh',
      meshConfig: { accessLogFile: '/dev/stdout' },
      components: { ingressGateways: [{ name: 'edge', enabled: true }] },
      values: { pilot: { autoscaleEnabled: false } },
    },
  }
  const settings = settingsOf(tree)
  assert.equal(settings.global.hub, 'registry.example.com/mesh')
  assert.equal(settings.pilot.autoscaleEnabled, false)
  assert.equal(settings.gateways['istio-ingressgateway'].name, 'edge')
  assert.equal(settings.gateways['istio-ingressgateway'].enabled, true)
})

test('resolveSettings() ignores nothing: what it does not know is an error with the layer it came from', () => {
  assert.match(problemsOf({ pilot: { replicas: 2 } })[0] ?? '', /^Cannot use a file: pilot\.replicas: unknown field "replicas"/)
  assert.match(problemsOf({ components: { ztunnel: { enabled: true } } })[0] ?? '', /"components\.ztunnel" is not known/)
  assert.match(
    problemsOf({ meshConfig: { acessLogFile: '' } })[0] ?? '',
    /meshConfig\.acessLogFile: unknown field.*accessLogFile/,
  )
})

test('resolveSettings() refuses a revision that could not be part of names', () => {
  assert.match(problemsOf({ revision: '1.2' })[0] ?? '', /Cannot use revision "1\.2"/)
})

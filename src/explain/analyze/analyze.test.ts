import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { originWithoutFile } from '../../api/object.ts'
import { isRecord } from '../../api/schema/prune.ts'
import { analyze } from './analyze.ts'
import { ANALYZERS } from './analyzers.ts'
import { CASES } from './cases.testing.ts'
import { CODES } from './codes.ts'
import { COMPILATION } from './compiled.ts'
import { settingsFrom } from './input.ts'
import { Resource } from './resource.ts'
import { isSuppressed, parseSuppression } from './suppression.ts'
import { VALIDATION } from './validation.ts'
import { World } from './world.ts'

const GROUPS: Readonly<Record<string, string>> = {
  'networking.istio.io/v1': 'VirtualService DestinationRule Gateway ServiceEntry Sidecar EnvoyFilter',
  'security.istio.io/v1': 'AuthorizationPolicy PeerAuthentication RequestAuthentication',
  'telemetry.istio.io/v1': 'Telemetry',
  'extensions.istio.io/v1alpha1': 'WasmPlugin',
  'gateway.networking.k8s.io/v1': 'KubernetesGateway HTTPRoute',
  'apps/v1': 'Deployment',
  'apiextensions.k8s.io/v1': 'CustomResourceDefinition',
  'admissionregistration.k8s.io/v1': 'MutatingWebhookConfiguration ValidatingWebhookConfiguration',
}

function objectOf(text: string): Resource {
  const document: unknown = parse(text)
  assert.ok(isRecord(document) && isRecord(document['metadata']), text)
  const kind = String(document['kind'])
  const apiVersion = Object.keys(GROUPS).find(version => GROUPS[version]?.split(' ').includes(kind)) ?? 'v1'
  const metadata = { namespace: 'shop', ...document['metadata'] }
  return new Resource({ ...document, kind: kind.replace('Kubernetes', ''), apiVersion, metadata }, originWithoutFile('case'))
}

function analyzed({ objects, meshConfig, clusters = {}, optIn }: (typeof CASES)[number]) {
  const world = new World({
    resources: objects.map(objectOf),
    meshConfig: meshConfig === undefined ? undefined : settingsFrom('MeshConfig', meshConfig, 'mesh.yaml'),
    clusters: new Map(Object.entries(clusters).map(([name, texts]) => [name, texts.map(objectOf)])),
    now: Date.parse('2026-01-01'),
  })
  return analyze(
    world,
    ANALYZERS.filter(analyzer => optIn || !analyzer.optIn),
  )
}

for (const each of CASES) {
  test(`analyze() finds ${each.name}`, () => {
    const found = analyzed(each).filter(({ code }) => each.codes.includes(code))
    assert.deepEqual(found.map(({ code, resource }) => `${code} ${resource}`).sort(), [...each.expected].sort())
    for (const { fix, message } of found) assert.ok(fix !== '' && message !== '')
  })
}

test('every code of an analyzer is in the table, and every code of the table has an analyzer', () => {
  const used = [...ANALYZERS, VALIDATION, COMPILATION].flatMap(({ codes }) => [...codes])
  assert.deepEqual([...new Set(used)].sort(), Object.keys(CODES).sort())
})

test('docs/analyze.md lists the codes with their levels and names', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/analyze.md'), 'utf8')
  const listed = [...page.matchAll(/^\| ((?:IST|MZ)\d{4}) \| (\w+) \| (\w+) \|/gm)].map(
    ([, code, level, name]) => `${code} ${level} ${name}`,
  )
  const known = Object.entries(CODES).map(([code, { level, name }]) => `${code} ${level} ${name}`)
  assert.deepEqual(listed, known)
})

test('a suppression names a code and a resource, with "*" for any text', () => {
  const message = {
    code: 'IST0101',
    level: 'Error',
    resource: 'VirtualService shop/a',
    message: '',
    file: '',
    line: 1,
    fix: '',
  } as const
  const suppresses = (text: string) => {
    const suppression = parseSuppression(text)
    return suppression !== undefined && isSuppressed(message, [suppression])
  }
  for (const text of [
    'IST0101=VirtualService shop/a',
    'IST0101=VirtualService a.shop',
    'IST0101=VirtualService shop/*',
    'IST0101=*',
  ])
    assert.ok(suppresses(text), text)
  for (const text of ['IST0102=*', 'IST0101=Gateway *', 'IST0101', 'IST0101=VirtualService shop/'])
    assert.ok(!suppresses(text), text)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at } from '../client/raw-object.ts'
import { CLUSTER_RULES, GATEWAY_RULES, NAMESPACE_RULES } from '../control-plane-needs.ts'
import { type Manifest, manifestName } from './manifest.ts'
import { OWNER_LABEL } from './names.ts'
import { installation } from './objects.ts'
import { reasonOf } from './parts/access.ts'
import { resolveSettings } from './resolve.ts'
import { objectPath } from './rest-path.ts'

function objectsOf(tree: unknown, profile = 'default'): Manifest[] {
  const resolved = resolveSettings({ version: '1.2.3', profile, layers: [{ from: 'test', tree }] })
  assert.ok('settings' in resolved)
  return installation(resolved.settings, false).flatMap(wave => wave.objects)
}

function find(objects: readonly Manifest[], name: string): Manifest {
  const found = objects.find(each => manifestName(each) === name)
  assert.ok(found, `${name} is not among ${objects.map(manifestName).join(', ')}`)
  return found
}

test('installation() labels everything with its owner, and the API server has a path for everything', () => {
  for (const object of objectsOf({}, 'demo')) {
    assert.ok(object.metadata.labels?.[OWNER_LABEL], manifestName(object))
    assert.match(objectPath(object), /^\/apis?\//)
  }
})

test('installation() names no object twice', () => {
  const names = objectsOf({}, 'demo').map(manifestName)
  assert.equal(new Set(names).size, names.length)
})

test('installation() gives two revisions nothing in common but kinds, namespace and gateways', () => {
  const own = (tree: unknown) =>
    objectsOf(tree, 'minimal')
      .filter(each => each.metadata.labels?.[OWNER_LABEL] !== 'shared')
      .map(manifestName)
  const first = new Set(own({}))
  assert.deepEqual(
    own({ revision: 'canary' }).filter(name => first.has(name)),
    [],
  )
})

test('installation() leaves the number of replicas to the autoscaler where there is one', () => {
  const scaled = find(objectsOf({}), 'Deployment istio-system/mizzen')
  assert.equal(at(scaled, 'spec', 'replicas'), undefined)
  const fixed = find(objectsOf({ pilot: { autoscaleEnabled: false, replicaCount: 3 } }), 'Deployment istio-system/mizzen')
  assert.equal(at(fixed, 'spec', 'replicas'), 3)
})

test('installation() makes no disruption budget for one replica', () => {
  const names = objectsOf({}, 'demo').map(manifestName)
  assert.ok(!names.some(name => name.startsWith('PodDisruptionBudget')))
})

test('installation() runs what it installs without privileges', () => {
  const deployment = find(objectsOf({}), 'Deployment istio-system/mizzen')
  const [container] = Object(at(deployment, 'spec', 'template', 'spec', 'containers'))
  assert.equal(at(container, 'securityContext', 'readOnlyRootFilesystem'), true)
  assert.equal(at(container, 'securityContext', 'allowPrivilegeEscalation'), false)
  assert.equal(at(deployment, 'spec', 'template', 'spec', 'securityContext', 'runAsNonRoot'), true)
})

test('installation() has pods without labels wait for nobody', () => {
  const webhooks = at(find(objectsOf({}), 'MutatingWebhookConfiguration istio-sidecar-injector'), 'webhooks')
  assert.ok(Array.isArray(webhooks))
  for (const webhook of webhooks) {
    const requirements = [
      at(webhook, 'namespaceSelector', 'matchExpressions'),
      at(webhook, 'objectSelector', 'matchExpressions'),
    ].flat()
    assert.ok(
      requirements.some(each => at(each, 'operator') === 'In'),
      String(at(webhook, 'name')),
    )
  }
})

test('every rule of the control plane has its reason', () => {
  for (const rule of [...CLUSTER_RULES, ...GATEWAY_RULES]) assert.notEqual(reasonOf(rule, false), '', rule.resources.join())
  for (const rule of NAMESPACE_RULES) assert.notEqual(reasonOf(rule, true), '', rule.resources.join())
})

test('no rule gives all verbs, or everything of all groups', () => {
  for (const { apiGroups, resources, verbs } of [...CLUSTER_RULES, ...GATEWAY_RULES, ...NAMESPACE_RULES]) {
    assert.ok(!verbs.includes('*'))
    assert.ok(!(apiGroups.includes('*') || (resources.includes('*') && apiGroups.includes(''))))
  }
})

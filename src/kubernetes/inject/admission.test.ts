import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reviewPod } from './admission.ts'
import { fieldsOf, isFields, listOf } from './fields.ts'
import type { InjectionSettings } from './settings.ts'
import { Values } from './values.ts'

const settings: InjectionSettings = { values: new Values(), mesh: {} }
const container = { name: 'app', image: 'app' }
const reviewOf = (object: unknown) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { uid: 'u1', namespace: 'shop', object },
})
const review = (object: unknown, more: Partial<InjectionSettings> = {}, path = '/inject') =>
  reviewPod(reviewOf(object), { settings: { ...settings, ...more }, namespaceOf: name => ({ name }), path })

/** What the API server makes of the pod. */
function patched(object: unknown, patch: string | undefined): unknown {
  const operations: unknown = JSON.parse(Buffer.from(patch ?? '', 'base64').toString())
  const result: unknown = structuredClone(object)
  for (const operation of listOf(operations).filter(isFields)) {
    const steps = String(operation['path'])
      .split('/')
      .slice(1)
      .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = steps.pop() ?? ''
    const place = steps.reduce<unknown>((value, step) => fieldsOf(value)[step], result)
    assert.ok(isFields(place), `${operation['path']} has a parent`)
    if (operation['op'] === 'remove') Reflect.deleteProperty(place, last)
    else Reflect.set(place, last, operation['value'])
  }
  return result
}

const names = (list: unknown) => listOf(list).map(item => fieldsOf(item)['name'])
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'cart-7f-' }, spec: { containers: [container] } }

test('reviewPod() answers with a patch that adds the proxy as a native sidecar', () => {
  const { answer, outcome } = review(pod)
  assert.equal(outcome, 'injected')
  assert.deepEqual([answer.response.uid, answer.response.allowed, answer.response.patchType], ['u1', true, 'JSONPatch'])
  const { spec } = fieldsOf(patched(pod, answer.response.patch))
  assert.deepEqual(names(fieldsOf(spec)['initContainers']), ['istio-init', 'istio-proxy'])
  assert.deepEqual(names(fieldsOf(spec)['containers']), ['app'])
})

test('reviewPod() leaves a pod alone that uses the network of its host', () => {
  const { answer, outcome, message } = review({ ...pod, spec: { ...pod.spec, hostNetwork: true } })
  assert.equal(outcome, 'skipped')
  assert.match(message, /pod shop\/cart-7f- has host networking/)
  assert.deepEqual(answer.response, { uid: 'u1', allowed: true })
})

test('reviewPod() refuses a pod whose annotation is wrong, and says which', () => {
  const annotations = { 'traffic.sidecar.istio.io/excludeInboundPorts': 'http' }
  const { answer } = review({ ...pod, metadata: { ...pod.metadata, annotations } })
  assert.equal(answer.response.allowed, false)
  assert.match(answer.response.status?.message ?? '', /excludeInboundPorts is "http", expected excludeInboundPorts, ports/)
})

test('reviewPod() refuses what is no pod', () => {
  assert.equal(reviewPod('nonsense', { settings, namespaceOf: name => ({ name }) }).outcome, 'failed')
  assert.match(review({ spec: { containers: 'none' } }).message, /pod "" is no pod/)
})

test('reviewPod() gives the proxy the cluster and network of the webhook path', () => {
  const { answer } = review(pod, {}, '/inject/cluster/west--slash--1/net/one')
  const { spec, metadata } = fieldsOf(patched(pod, answer.response.patch))
  const proxy = listOf(fieldsOf(spec)['initContainers'])
    .filter(isFields)
    .find(({ name }) => name === 'istio-proxy')
  const env = new Map(
    listOf(proxy?.['env'])
      .filter(isFields)
      .map(({ name, value }) => [name, value]),
  )
  assert.deepEqual([env.get('ISTIO_META_CLUSTER_ID'), env.get('ISTIO_META_NETWORK')], ['west/1', 'one'])
  assert.equal(fieldsOf(fieldsOf(metadata)['labels'])['topology.istio.io/network'], 'one')
})

test('reviewPod() injects a pod that was injected before to the same result', () => {
  const first = patched(pod, review(pod).answer.response.patch)
  const second = patched(first, review(first).answer.response.patch)
  assert.deepEqual(second, first)
})

test('reviewPod() lets pod and namespace choose Envoy', () => {
  const engineOf = (object: unknown, namespace: Readonly<Record<string, string>>) => {
    const { answer } = reviewPod(reviewOf(object), { settings, namespaceOf: name => ({ name, annotations: namespace }) })
    const { spec } = fieldsOf(patched(object, answer.response.patch))
    const proxy = fieldsOf(listOf(fieldsOf(spec)['initContainers']).find(each => fieldsOf(each)['name'] === 'istio-proxy'))
    const chosen = listOf(proxy['env'])
      .filter(isFields)
      .find(({ name }) => name === 'MIZZEN_ENGINE')
    return [proxy['image'], chosen?.['value']]
  }
  const annotated = { ...pod, metadata: { ...pod.metadata, annotations: { 'mizzen.dev/engine': 'mizzen' } } }
  assert.deepEqual(engineOf(pod, { 'mizzen.dev/engine': 'envoy' }), ['docker.io/mizzen/proxy-envoy:latest', 'envoy'])
  assert.deepEqual(engineOf(annotated, { 'mizzen.dev/engine': 'envoy' }), ['docker.io/mizzen/mizzen:latest', undefined])
})

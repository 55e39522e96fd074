/** What of a cluster's objects is kept, and what counts as a change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Store } from '../store.ts'
import { readEntry } from './reading.ts'
import { referencesOf } from './referenced.ts'

const nothing = () => undefined

function pod(extra: object = {}, status: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'cart-0',
      namespace: 'shop',
      uid: 'u',
      resourceVersion: '1',
      labels: { app: 'cart' },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(1000), 'proxy.istio.io/config': '{}' },
      managedFields: [{ manager: 'kubelet' }],
      ...extra,
    },
    spec: { containers: [{ name: 'cart', env: [{ name: 'PASSWORD', value: 'secret' }], ports: [{ containerPort: 80 }] }] },
    status: {
      phase: 'Running',
      podIP: '10.0.0.7',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 'then' }],
      ...status,
    },
  }
}

test('readEntry() keeps of a pod what a mesh needs, and nothing of its environment', () => {
  const text = JSON.stringify(readEntry('Pod', pod(), nothing)?.object)
  for (const gone of ['PASSWORD', 'last-applied', 'managedFields', 'lastTransitionTime']) assert(!text.includes(gone), gone)
  for (const kept of ['10.0.0.7', 'proxy.istio.io/config', '"containerPort":80']) assert(text.includes(kept), kept)
})

test('readEntry() gives the same object again when only times and versions have changed', () => {
  const before = readEntry('Pod', pod(), nothing)
  const after = readEntry(
    'Pod',
    pod({ resourceVersion: '2' }, { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 'now' }] }),
    () => before,
  )
  assert.equal(after?.object, before?.object)
  assert.equal(after?.resourceVersion, '2')
  assert.notEqual(readEntry('Pod', pod({ labels: { app: 'other' } }), () => before)?.object, before?.object)
})

test('readEntry() leaves out a pod that has ended', () => {
  assert.equal(readEntry('Pod', pod({}, { phase: 'Succeeded' }), nothing), undefined)
})

test('readEntry() keeps the last good version of an object that is not in order any more', () => {
  const rule = (timeout: string) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'cart', namespace: 'shop', generation: 3 },
    spec: { hosts: ['cart'], http: [{ timeout, route: [{ destination: { host: 'cart' } }] }] },
  })
  const before = readEntry('VirtualService', rule('5s'), nothing)
  const after = readEntry('VirtualService', rule('5x'), () => before)
  assert.equal(after?.object, before?.object)
  assert.match(String(after?.diagnostics[0]?.effect), /the last good version of VirtualService shop\/cart keeps serving/)
})

test('referencesOf() finds the Secrets of gateways where their pods run, and the ConfigMaps of policies', () => {
  const gateway = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { app: 'cart' },
      servers: [
        { port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts: ['*'], tls: { mode: 'SIMPLE', credentialName: 'web' } },
      ],
    },
  }
  const ingress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'old', namespace: 'edge' },
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } }, tls: [{ hosts: ['a'], secretName: 'old' }] },
  }
  const store = new Store()
  const entries = [
    readEntry('Pod', pod({ namespace: 'gateways' }), nothing),
    readEntry('Gateway', gateway, nothing),
    readEntry('Ingress', ingress, nothing),
  ]
  store.source().publish(entries.flatMap(entry => entry?.object ?? []))
  const { objects } = store.snapshot()
  assert.deepEqual([...referencesOf(id => objects[id], ['ConfigMap istio-system/istio'])].sort(), [
    'ConfigMap istio-system/istio',
    'Secret edge/old',
    'Secret edge/old-cacert',
    'Secret gateways/web',
    'Secret gateways/web-cacert',
  ])
})

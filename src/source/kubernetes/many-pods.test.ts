/** 5,000 pods, as an API server lists them: what stays in memory is what a mesh needs of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ApiServer } from '../../kubernetes/client/api-server.ts'
import { watchServer } from '../../kubernetes/client/watch-server.testing.ts'
import { FollowedKind } from './followed-kind.ts'

const PODS = 5000
/** Of one pod, as the API server sends it: some 6 kB. */
const LEAST_BYTES_LISTED = 6000
const MOST_BYTES_KEPT = 3000

test('FollowedKind keeps 5,000 pods in little memory, and hears of each of them', { timeout: 180_000 }, async ({ signal }) => {
  const until = async (isSo: () => boolean) => {
    while (!isSo() && !signal.aborted) await delay(5)
  }
  const server = await watchServer()
  server.items = Array.from({ length: PODS }, (_, i) => pod(i))
  const listed = JSON.stringify(server.items).length / PODS
  assert.ok(listed > LEAST_BYTES_LISTED, `${listed} bytes a pod are no realistic list`)
  const api = new ApiServer(server.access)
  const before = heap()
  let changes = 0
  const followed = new FollowedKind({ api, id: 'Pod', path: '/api/v1/pods', wanted: () => true, onChange: () => changes++ })
  try {
    await until(() => followed.isSettled)
    const kept = (heap() - before) / PODS
    assert.equal(followed.objects().length, PODS)
    assert.ok(kept < MOST_BYTES_KEPT, `${Math.round(kept)} bytes a pod are kept of ${Math.round(listed)}`)
    await until(() => server.seen.length > 1) // it watches
    const listedOnce = changes
    for (let i = 0; i < PODS; i++) server.send('MODIFIED', pod(i, 'False'))
    await until(() => changes >= listedOnce + PODS)
    const grown = (heap() - before) / PODS
    assert.ok(grown < MOST_BYTES_KEPT, `${Math.round(grown)} bytes a pod are kept after each has changed`)
  } finally {
    followed.close()
    api.close()
    server.close()
  }
})

function heap(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') for (let i = 0; i < 3; i++) collect()
  return process.memoryUsage().heapUsed
}

function pod(i: number, ready = 'True') {
  const name = `web-7d9c5b8f6d-${i}`
  const manager = {
    manager: 'kubelet',
    operation: 'Update',
    fieldsV1: Object.fromEntries(Array.from({ length: 60 }, (_, j) => [`f:field-${j}`, { '.': {} }])),
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: `team-${i % 50}`,
      uid: `${i}`,
      resourceVersion: `${i}${ready}`,
      labels: { app: `web-${i % 500}`, version: 'v1', 'pod-template-hash': '7d9c5b8f6d' },
      annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' },
      managedFields: [manager, manager],
    },
    spec: {
      serviceAccountName: `web-${i % 500}`,
      nodeName: `node-${i % 100}`,
      containers: ['app', 'istio-proxy'].map(container => ({
        name: container,
        image: `registry.example.com/${container}:1`,
        ports: [{ containerPort: 8080, name: `${container}-http` }],
        env: Array.from({ length: 25 }, (_, j) => ({ name: `VARIABLE_${j}`, value: `value of ${j}` })),
        volumeMounts: Array.from({ length: 8 }, (_, j) => ({ name: `volume-${j}`, mountPath: `/mnt/${j}` })),
      })),
    },
    status: {
      phase: 'Running',
      podIP: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: '2026-01-01T00:00:00Z' }],
    },
  }
}

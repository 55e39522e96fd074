import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { originWithoutFile } from '../../api/object.ts'
import type { PodPlan, WorkloadPlan } from './plan/pod-plan.ts'
import { type ManagedPod, Replicas } from './replicas.ts'

/** A pod that does nothing by itself: the test says when it is ready. */
class ScriptedPod implements ManagedPod {
  plan: PodPlan
  ready = false
  readonly #log: string[]

  constructor(plan: PodPlan, log: string[]) {
    this.plan = plan
    this.#log = log
    log.push(`start ${plan.name} ${plan.fingerprint}`)
  }

  async adopt(plan: PodPlan): Promise<void> {
    this.plan = plan
  }

  drain(): void {
    this.ready = false
    this.#log.push(`drain ${this.plan.name}`)
  }

  async stop(): Promise<void> {
    this.#log.push(`stop ${this.plan.name}`)
  }
}

function workload(fingerprint: string, replicas: number, overlaps = true): WorkloadPlan {
  return {
    key: 'Deployment shop/cart',
    replicas,
    overlaps,
    pod: {
      namespace: 'shop',
      workload: { kind: 'Deployment', name: 'cart' },
      labels: {},
      annotations: {},
      serviceAccount: 'default',
      proxy: undefined,
      initContainers: [],
      containers: [],
      ports: [],
      graceMs: 0,
      origin: originWithoutFile('test'),
      fingerprint,
    },
  }
}

function keeper() {
  const log: string[] = []
  const replicas: Replicas<ScriptedPod> = new Replicas<ScriptedPod>({
    start: plan => new ScriptedPod(plan, log),
    onChange: () => {},
    drained: async () => {
      log.push('drained')
    },
    tell: () => {},
  })
  return {
    replicas,
    /** What happened since last time. */
    happened: async () => {
      await turn()
      return log.splice(0)
    },
    makeReady: (...names: string[]) => {
      for (const pod of replicas.pods) if (names.includes(pod.plan.name)) pod.ready = true
      replicas.podChanged()
    },
  }
}

test('Replicas starts as many as wanted, and is ready when they are', async () => {
  const { replicas, happened, makeReady } = keeper()
  replicas.want(workload('a', 2))
  assert.deepEqual(await happened(), ['start cart-0 a', 'start cart-1 a'])
  makeReady('cart-0')
  assert.equal(replicas.ready, false)
  makeReady('cart-1')
  assert.equal(replicas.ready, true)
})

test('Replicas adds and removes pods when the number changes, and touches no other', async () => {
  const { replicas, happened, makeReady } = keeper()
  replicas.want(workload('a', 1))
  makeReady('cart-0')
  await happened()
  replicas.want(workload('a', 3))
  assert.deepEqual(await happened(), ['start cart-1 a', 'start cart-2 a'])
  makeReady('cart-1', 'cart-2')
  replicas.want(workload('a', 1))
  assert.deepEqual(await happened(), ['drain cart-1', 'drain cart-2', 'drained', 'stop cart-1', 'stop cart-2'])
  assert.equal(replicas.ready, true)
})

test('Replicas replaces changed pods one by one, each when its successor is ready', async () => {
  const { replicas, happened, makeReady } = keeper()
  replicas.want(workload('a', 2))
  makeReady('cart-0', 'cart-1')
  await happened()
  replicas.want(workload('b', 2))
  assert.deepEqual(await happened(), ['start cart-2 b'])
  makeReady('cart-2')
  assert.deepEqual(await happened(), ['drain cart-0', 'drained', 'stop cart-0', 'start cart-0 b'])
  makeReady('cart-0')
  assert.deepEqual(await happened(), ['drain cart-1', 'drained', 'stop cart-1'])
  assert.equal(replicas.ready, true)
})

test('Replicas leaves the old pods where they are while the new form does not become ready, and lets it go for a better one', async () => {
  const { replicas, happened, makeReady } = keeper()
  replicas.want(workload('good', 1))
  makeReady('cart-0')
  await happened()
  replicas.want(workload('broken', 1))
  assert.deepEqual(await happened(), ['start cart-1 broken'])
  replicas.podChanged()
  assert.deepEqual(await happened(), [])
  replicas.want(workload('better', 1))
  assert.deepEqual(await happened(), ['drain cart-1', 'stop cart-1', 'start cart-1 better'])
  makeReady('cart-1')
  assert.deepEqual(await happened(), ['drain cart-0', 'drained', 'stop cart-0'])
})

test('Replicas goes back to what still runs when the edit is taken back', async () => {
  const { replicas, happened, makeReady } = keeper()
  replicas.want(workload('good', 1))
  makeReady('cart-0')
  await happened()
  replicas.want(workload('broken', 1))
  await happened()
  replicas.want(workload('good', 1))
  assert.deepEqual(await happened(), ['drain cart-1', 'stop cart-1'])
  assert.equal(replicas.ready, true)
})

test('Replicas replaces in place what cannot overlap', async () => {
  const { replicas, happened, makeReady } = keeper()
  replicas.want(workload('a', 1, false))
  makeReady('cart-0')
  await happened()
  replicas.want(workload('b', 1, false))
  assert.deepEqual(await happened(), ['drain cart-0', 'drained', 'stop cart-0', 'start cart-0 b'])
})

test('Replicas stops everything when the workload is gone, or when it is closed', async () => {
  const gone = keeper()
  gone.replicas.want(workload('a', 1))
  await gone.happened()
  gone.replicas.want(undefined)
  assert.deepEqual(await gone.happened(), ['drain cart-0', 'stop cart-0'])
  assert.equal(gone.replicas.isGone, true)

  const closed = keeper()
  closed.replicas.want(workload('a', 1))
  closed.makeReady('cart-0')
  closed.replicas.want(workload('b', 1))
  await closed.happened()
  await closed.replicas.close()
  assert.deepEqual(await closed.happened(), ['stop cart-0', 'stop cart-1'])
})

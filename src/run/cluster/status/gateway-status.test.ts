/** Statuses that others write into too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectStatus } from '../../../compile/gateway-api/conditions.ts'
import { isOutdated, nextStatus, withoutOurs } from './gateway-status.ts'

const MOMENT = { generation: 4, now: '2026-01-02T00:00:00Z' }
const OURS = 'mizzen.dev/gateway-controller'
const object = {
  kind: 'HTTPRoute',
  apiVersion: 'gateway.networking.k8s.io/v1',
  group: 'gateway.networking.k8s.io',
  namespace: 'shop',
  name: 'cart',
}
const accepted = (status: 'True' | 'False') => ({ type: 'Accepted', status, reason: 'Accepted', message: '' })
const parent = { name: 'web' }

test('nextStatus() keeps what others wrote, the time of what has not changed, and drops what we no longer say', () => {
  const wanted: ObjectStatus = { object, conditions: [accepted('True')] }
  const before = {
    conditions: [
      { ...accepted('True'), lastTransitionTime: '2025-01-01T00:00:00Z', observedGeneration: 3 },
      { type: 'PartiallyInvalid', status: 'True' },
      { type: 'example.com/Checked', status: 'True' },
    ],
  }
  assert.deepEqual(nextStatus(wanted, before, MOMENT), {
    conditions: [
      { ...accepted('True'), observedGeneration: 4, lastTransitionTime: '2025-01-01T00:00:00Z' },
      { type: 'example.com/Checked', status: 'True' },
    ],
  })
})

test('nextStatus() replaces our parents and leaves those of other controllers', () => {
  const foreign = { parentRef: { name: 'other' }, controllerName: 'example.com/controller', conditions: [] }
  const before = { parents: [{ parentRef: { name: 'gone' }, controllerName: OURS, conditions: [] }, foreign] }
  const wanted: ObjectStatus = { object, parents: [{ parentRef: parent, controllerName: OURS, conditions: [accepted('False')] }] }
  const conditions = [{ ...accepted('False'), observedGeneration: 4, lastTransitionTime: MOMENT.now }]
  assert.deepEqual(nextStatus(wanted, before, MOMENT), {
    parents: [foreign, { parentRef: parent, controllerName: OURS, conditions }],
  })
})

test('withoutOurs() takes our parents away, and says when there are none', () => {
  const foreign = { parentRef: parent, controllerName: 'example.com/controller', conditions: [] }
  assert.deepEqual(withoutOurs('parents', { parents: [{ parentRef: parent, controllerName: OURS }, foreign] }), {
    parents: [foreign],
  })
  assert.equal(withoutOurs('parents', { parents: [foreign] }), undefined)
})

test('isOutdated() sees that a newer generation was spoken of already', () => {
  assert.equal(isOutdated({ conditions: [{ observedGeneration: 5 }] }, MOMENT), true)
  assert.equal(isOutdated({ conditions: [{ observedGeneration: 4 }] }, MOMENT), false)
})

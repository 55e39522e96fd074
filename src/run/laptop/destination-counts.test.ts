import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countsIn } from './destination-counts.ts'

const host = 'reviews.shop.svc.cluster.local'

test('countsIn() adds up the ports of a destination, as both data planes name them, and nothing of others', () => {
  const text = [
    `cluster.outbound|80|v2|${host};.upstream_rq_completed: 10`,
    `cluster.outbound|80|v2|${host};.upstream_rq_5xx: 2`,
    `cluster.outbound|81|v2|${host}.upstream_rq_completed: 5`,
    `cluster.outbound|80|v1|${host}.upstream_rq_5xx: 50`,
    `cluster.outbound|80|v2|other.shop.svc.cluster.local.upstream_rq_5xx: 50`,
    `cluster.outbound|80|v2|${host}.internal.upstream_rq_5xx: 50`,
    '',
  ].join('\n')
  assert.deepEqual(countsIn(text, { host, subset: 'v2', port: undefined }), { requests: 15, errors: 2 })
  assert.deepEqual(countsIn(text, { host, subset: 'v2', port: 81 }), { requests: 5, errors: 0 })
})

/** The dry run of a policy on both engines: everything passes, and Envoy's and mizzen's counters tell alike what would have been. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutEnvoy } from './envoy.ts'
import { type Request, startJudges, type World } from './policies.ts'

const policy = (action: string, rules: readonly object[], name: string, dryRun = true) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'shop', annotations: { 'istio.io/dry-run': String(dryRun) } },
  spec: { action, rules },
})
const paths = (...list: readonly string[]) => ({ to: [{ operation: { paths: list } }] })

const worlds: readonly World[] = [
  {
    name: 'both',
    documents: [
      policy('ALLOW', [paths('/items')], 'readers'),
      policy('DENY', [paths('/admin')], 'no-admin'),
      policy('DENY', [paths('/closed')], 'closed', false),
    ],
  },
]
const requests: readonly Request[] = [
  { path: '/items' },
  { path: '/items' },
  { path: '/admin' },
  { path: '/other' },
  { path: '/closed' },
]

test('a dry run denies nothing, and is counted under the same names on both engines', { skip: withoutEnvoy }, async () => {
  await using judges = await startJudges(worlds, ['envoy', 'mizzen'])
  const counted = []
  for (const engine of ['envoy', 'mizzen'] as const) {
    const statuses = []
    for (const request of requests) statuses.push((await judges.ask(engine, 0, request)).slice(0, 3))
    assert.deepEqual(statuses, ['200', '200', '200', '200', '403'], engine)
    counted.push(await judges.counters(engine, /\.rbac\..*(?:allowed|denied)$/))
  }
  const [envoy, mizzen] = counted
  assert.deepEqual(mizzen, envoy)
  assert.deepEqual(mizzen, {
    'http.requests.rbac.allowed': 4,
    'http.requests.rbac.denied': 1,
    'http.requests.rbac.istio_dry_run_allow_.shadow_allowed': 2,
    'http.requests.rbac.istio_dry_run_allow_.shadow_denied': 2,
    'http.requests.rbac.istio_dry_run_deny_.shadow_allowed': 4,
    'http.requests.rbac.istio_dry_run_deny_.shadow_denied': 1,
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MetricsRule } from './metric-changes.ts'
import { builtIn } from './origin.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import { metricsOf } from './workload-metrics.ts'

const policy = (namespace: string, selector: Readonly<Record<string, string>> | undefined, ...rules: Partial<MetricsRule>[]) => ({
  name: 'p',
  namespace,
  selector,
  targets: [],
  created: '',
  origin: builtIn('test'),
  rules: rules.map(rule => ({
    side: 'both' as const,
    metrics: ['istio_requests_total' as const],
    disabled: undefined,
    tags: new Map(),
    ...rule,
  })),
})

const orders = { namespace: 'shop', labels: { app: 'orders' }, name: 'orders-0', kind: 'sidecar' as const }

test('metricsOf() puts narrow levels over wide ones, tag by tag, each side for itself', () => {
  const metricsPolicies = [
    policy(
      'istio-system',
      undefined,
      { disabled: true, side: 'server' },
      {
        tags: new Map([
          ['a', 'x'],
          ['b', undefined],
        ]),
      },
    ),
    policy('shop', undefined, { tags: new Map([['a', 'y']]) }),
    policy('shop', { app: 'orders' }, { disabled: false, side: 'server' }),
    policy('other', undefined, { disabled: true }),
  ]
  const found = metricsOf({ metricsPolicies, settings: DEFAULT_SETTINGS }, orders)
  const tags = new Map([
    ['a', 'y'],
    ['b', undefined],
  ])
  assert.deepEqual(found?.client.get('istio_requests_total'), { disabled: false, tags })
  assert.deepEqual(found?.server.get('istio_requests_total'), { disabled: false, tags })
  assert.equal(
    metricsOf({ metricsPolicies, settings: DEFAULT_SETTINGS }, orders),
    found,
    'the same for everybody with these levels',
  )
  const other = metricsOf({ metricsPolicies, settings: DEFAULT_SETTINGS }, { ...orders, namespace: 'other' })
  assert.equal(other?.client.get('istio_requests_total')?.disabled, true)
})

test('metricsOf() says nothing where nothing is changed', () => {
  assert.equal(metricsOf({ metricsPolicies: [], settings: DEFAULT_SETTINGS }, orders), undefined)
  const metricsPolicies = [policy('shop', undefined, { disabled: false })]
  assert.equal(metricsOf({ metricsPolicies, settings: DEFAULT_SETTINGS }, orders), undefined)
})

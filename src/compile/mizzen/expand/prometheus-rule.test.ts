/** Rules for Prometheus; promtool judges them where it is installed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { stringify } from 'yaml'
import type { Alert, AlertCondition } from '../../../model/alert.ts'
import { builtIn } from '../../../model/origin.ts'
import { DEFAULT_SETTINGS } from '../../../model/settings.ts'
import { alertsInEffect } from '../default-alerts.ts'
import { prometheusAlert, prometheusRule } from './prometheus-rule.ts'

const alert = (condition: AlertCondition, more: Partial<Alert> = {}): Alert => ({
  name: 'orders',
  namespace: 'shop',
  host: 'orders.shop.svc.cluster.local',
  client: '',
  condition,
  windowMs: 60_000,
  forMs: 120_000,
  severity: 'critical',
  summary: '',
  receivers: [],
  disabled: false,
  created: '',
  origin: { ...builtIn('AlertRule shop/orders'), file: 'alerts.yaml', line: 3 },
  ...more,
})

const ALL = [
  alert({ kind: 'error-rate', above: 5 }),
  alert({ kind: 'latency', percentile: 99.9, aboveMs: 300 }, { client: 'storefront', windowMs: 90_500 }),
  alert({ kind: 'request-rate', above: 100, below: 1 }, { summary: 'odd traffic' }),
  alert({ kind: 'error-rate', above: 5 }, { host: '*.shop.svc.cluster.local' }),
  ...alertsInEffect({ alerts: [], settings: DEFAULT_SETTINGS }),
]

describe('prometheusRule()', () => {
  it('writes the condition over the standard metrics, with who and where', () => {
    assert.deepEqual(prometheusAlert(alert({ kind: 'latency', percentile: 95, aboveMs: 300 }, { client: 'storefront' })), {
      alert: 'orders',
      expr:
        'histogram_quantile(0.95, sum by (le, destination_service) (rate(istio_request_duration_milliseconds_bucket{reporter="source",' +
        'destination_service="orders.shop.svc.cluster.local",source_workload="storefront"}[60s]))) > 300',
      for: '120s',
      labels: { severity: 'critical', namespace: 'shop', destination_service: 'orders.shop.svc.cluster.local' },
      annotations: {
        summary: 'orders.shop.svc.cluster.local: 95 % of requests take longer than 300 ms',
        value: '{{ printf "%.1f" $value }} ms',
        source: 'alerts.yaml:3',
      },
    })
  })

  it('looks at each service of a wildcard for itself', () => {
    const { expr, labels, annotations } = prometheusAlert(
      alert({ kind: 'request-rate', above: 1, below: undefined }, { host: '*' }),
    )
    assert.equal(
      expr,
      'sum by (destination_service) (rate(istio_requests_total{reporter="source",destination_service!="unknown"}[60s])) > 1',
    )
    assert.equal(labels['destination_service'], undefined, 'the series brings it')
    assert.match(annotations['summary'] ?? '', /^\{\{ \$labels\.destination_service \}\}: /)
  })

  const found = spawnSync('promtool', ['--version']).error === undefined
  it('is accepted by promtool', { skip: !found && 'promtool is not installed (Debian: prometheus)' }, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mizzen-rules-'))
    try {
      for (const [i, each] of ALL.entries()) {
        const file = path.join(folder, `${i}.yaml`)
        writeFileSync(file, stringify(prometheusRule(each).spec))
        const { status, stderr, stdout } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' })
        assert.equal(status, 0, stderr + stdout)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

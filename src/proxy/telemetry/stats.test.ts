import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from '../../lib/histogram.ts'
import { statsJson, statsPrometheus, statsText } from './render-stats.ts'
import { StatsRegistry } from './stats.ts'
import { StatusCounts } from './status-counts.ts'

function registry() {
  const values = {
    upstream_rq_total: 3,
    upstream_cx_active: 1,
    upstream_rq: new StatusCounts(),
    upstream_rq_time: new Histogram(),
    name: 'no',
  }
  values.upstream_rq.count(200)
  values.upstream_rq.count(503)
  values.upstream_rq_time.record(7)
  const stats = new StatsRegistry()
  const group = { prefix: 'cluster.a"b', family: 'envoy_cluster', labels: { envoy_cluster_name: 'a"b' }, values }
  stats.add(group)
  return { stats, group }
}

test('statsText() writes Envoy names, classes and codes of responses, quantiles last', () => {
  const lines = statsText(registry().stats.read()).trimEnd().split('\n')
  assert.ok(lines.includes('cluster.a"b.upstream_rq_total: 3'))
  assert.ok(lines.includes('cluster.a"b.upstream_rq_2xx: 1'))
  assert.ok(lines.includes('cluster.a"b.upstream_rq_503: 1'))
  assert.ok(lines.includes('cluster.a"b.upstream_rq_completed: 2'))
  assert.match(lines.at(-1) ?? '', /^cluster\.a"b\.upstream_rq_time: P0\(nan,7\) .*P100\(nan,7\)$/)
  assert.ok(!lines.some(line => line.includes('name')))
})

test('statsPrometheus() turns the variable parts of names into escaped labels', () => {
  const text = statsPrometheus(registry().stats.read())
  assert.match(
    text,
    /# TYPE envoy_cluster_upstream_rq_total counter\nenvoy_cluster_upstream_rq_total\{envoy_cluster_name="a\\"b"\} 3\n/,
  )
  assert.match(text, /# TYPE envoy_cluster_upstream_cx_active gauge/)
  assert.match(text, /envoy_cluster_upstream_rq\{envoy_cluster_name="a\\"b",envoy_response_code="503"\} 1/)
  assert.match(text, /envoy_cluster_upstream_rq_xx\{envoy_cluster_name="a\\"b",envoy_response_code_class="5"\} 1/)
  assert.match(text, /envoy_cluster_upstream_rq_time_bucket\{envoy_cluster_name="a\\"b",le="5"\} 0/)
  assert.match(text, /envoy_cluster_upstream_rq_time_bucket\{envoy_cluster_name="a\\"b",le="10"\} 1/)
})

test('statsJson() lists numbers and histograms', () => {
  const json = JSON.stringify(statsJson(registry().stats.read()))
  assert.match(json, /\{"name":"cluster.a\\"b.upstream_rq_total","value":3\}/)
  assert.match(json, /"computed_quantiles":\[\{"name":"cluster.a\\"b.upstream_rq_time"/)
})

test('StatsRegistry.read() forgets a removed group', () => {
  const { stats, group } = registry()
  stats.remove(group)
  assert.deepEqual(stats.read(), [])
})

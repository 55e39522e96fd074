/** Every reason for which the proxy itself answers (%RESPONSE_CODE_DETAILS%) has a sentence: the sources are read for them, so that a new one is noticed. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { diagnose } from './diagnosis.ts'

/** With the flags that come along. */
const DETAILS: Readonly<Record<string, string>> = {
  absolute_path_rejected: '',
  cluster_not_found: 'NC',
  csrf_origin_mismatch: '',
  direct_response: '',
  downstream_remote_disconnect: 'DC',
  downstream_remote_reset: 'DR',
  ext_authz_denied: 'UAEX',
  ext_authz_error: 'UAEX',
  fault_filter_abort: 'FI',
  health_check_cached: '',
  health_check_cluster_unhealthy: '',
  health_check_failed: '',
  local_rate_limited: 'RL',
  low_version: '',
  max_duration_timeout: 'DT',
  missing_host_header: '',
  missing_path_rejected: '',
  no_healthy_upstream: 'UH',
  path_normalization_failed: '',
  rate_limiter_error: 'RLSE',
  request_header_timeout: '',
  request_overall_timeout: '',
  request_payload_too_large: '',
  request_rate_limited: 'RL',
  response_timeout: 'UT',
  route_not_found: 'NR',
  stream_idle_timeout: 'SI',
  typescript_filter_answer: '',
  upgrade_failed: '',
  upstream_per_try_idle_timeout: 'UT',
  upstream_per_try_timeout: 'UT',
  upstream_reset_after_response_started: 'UR',
  via_upstream: '',
}
/** Other words of that form in the same files: statistics, settings, and answers that are no failures. */
const OTHERS =
  /^(after_response|before_response|compressor_error|decompressor_error|cors_response|health_check_ok|path_normalized|failure_mode_allowed|envoy_.*|initial_.*|max_concurrent_streams|max_outbound_.*)$/

for (const [details, flag] of Object.entries(DETAILS))
  test(`diagnose() knows what ${details} means`, () => {
    const { cause, advice } = diagnose({
      side: 'outbound',
      protocol: 'HTTP/1.1',
      status: 503,
      flags: flag === '' ? [] : [flag],
      details,
      durationMs: 10,
      source: { address: '10.0.0.1' },
      listener: { address: '0.0.0.0:80' },
      mutualTls: false,
      tries: [],
    })
    assert.notEqual(cause, 'the request was not answered')
    assert.match(advice, /\w/)
  })

test('diagnose() is asked about every detail that the connection manager and its filters give', () => {
  const hcm = path.resolve(import.meta.dirname, '../hcm')
  const sources = globSync('**/*.ts', { cwd: hcm }).filter(file => !file.endsWith('.test.ts'))
  const words = sources.flatMap(file =>
    [...readFileSync(path.join(hcm, file), 'utf8').matchAll(/'([a-z]+(?:_[a-z]+)+)'/g)].map(([, word = '']) => word),
  )
  assert.deepEqual([...new Set(words)].filter(word => !(word in DETAILS) && !OTHERS.test(word)).sort(), [])
})

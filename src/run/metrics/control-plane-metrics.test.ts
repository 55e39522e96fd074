import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { Store } from '../../source/store.ts'
import { Refusal } from '../../xds/server/access.ts'
import { LISTENER } from '../../xds/wire/type-url.ts'
import { ControlPlane } from '../control-plane.ts'
import { ControlPlaneMetrics } from './control-plane-metrics.ts'

function setUp() {
  const clock = new ManualClock(1_000_000)
  const controlPlane = new ControlPlane(new Store())
  const metrics = new ControlPlaneMetrics({
    clock,
    version: '1.2.3',
    mesh: () => controlPlane.mesh,
    virtualServices: () => 4,
    diagnostics: () => [],
    roots: () => [],
  })
  controlPlane.close()
  return { clock, metrics }
}

const about = { node: 'n', stream: 's', type: LISTENER, nonce: '1' }
const sent = { kind: 'sent', ...about, version: '1', changes: 1, bytes: 20_000 } as const

test('ControlPlaneMetrics measures from the first change that waits to the acknowledgement', () => {
  const { clock, metrics } = setUp()
  metrics.changed(false)
  clock.advance(300)
  metrics.changed(true)
  metrics.onEvent(sent, true)
  clock.advance(400)
  metrics.onEvent({ kind: 'acked', ...about }, false)
  metrics.onEvent({ kind: 'acked', ...about }, false)
  const text = metrics.render()
  assert.match(text, /^pilot_proxy_convergence_time_bucket\{le="0.5"\} 0\npilot_proxy_convergence_time_bucket\{le="1"\} 1$/m)
  assert.match(text, /^pilot_proxy_convergence_time_sum 0.7$/m)
  assert.match(text, /^pilot_xds_config_size_bytes_bucket\{type="lds",le="1000000"\} 1$/m)
  assert.match(text, /^pilot_push_triggers\{type="config"\} 2$/m)
})

test('ControlPlaneMetrics does not take what a new proxy asks for, or what is refused, for convergence', () => {
  const { metrics } = setUp()
  metrics.onEvent(sent, false)
  metrics.onEvent({ kind: 'acked', ...about }, false)
  metrics.changed(false)
  metrics.onEvent(sent, true)
  metrics.onEvent({ kind: 'nacked', ...about, detail: 'no', resources: [] }, false)
  const text = metrics.render()
  assert.doesNotMatch(text, /^pilot_proxy_convergence_time_count/m)
  assert.match(text, /^pilot_xds_lds_reject 1$/m)
})

test('ControlPlaneMetrics counts certificates by how the request ended', async () => {
  const { metrics } = setUp()
  const answers: (() => Promise<Uint8Array>)[] = [
    async () => new Uint8Array(),
    () => Promise.reject(new Refusal('UNAUTHENTICATED', 'who?')),
    () => Promise.reject(new Refusal('INVALID_ARGUMENT', 'what?')),
  ]
  const service = metrics.certificates({ path: '/x', handle: () => answers.shift()?.() ?? assert.fail() })
  for (let i = 0; i < 3; i++)
    await service.handle(Buffer.alloc(0), { peer: 'p', token: undefined, certificate: undefined } as never).catch(() => {})
  const text = metrics.render()
  assert.match(text, /^citadel_server_csr_count 3$/m)
  assert.match(text, /^citadel_server_success_cert_issuance_count 1$/m)
  assert.match(text, /^citadel_server_authentication_failure_count 1$/m)
  assert.match(text, /^citadel_server_csr_sign_err_count\{error="invalid_argument"\} 1$/m)
})

test('ControlPlaneMetrics counts what the webhooks said', () => {
  const { metrics } = setUp()
  metrics.reviewed({ of: 'validation', outcome: 'failed', tookMs: 1 })
  metrics.reviewed({ of: 'injection', outcome: 'success', tookMs: 200 })
  metrics.reviewed({ of: 'injection', outcome: 'skipped', tookMs: 1 })
  const text = metrics.render()
  assert.match(text, /^galley_validation_failed 1$/m)
  assert.match(text, /^sidecar_injection_requests_total 2$/m)
  assert.match(text, /^sidecar_injection_success_total 1$/m)
  assert.match(text, /^sidecar_injection_time_seconds_bucket\{le="1"\} 2$/m)
})

/** `mizzen control-plane`: the control plane alone, and a proxy that somebody else starts. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, test } from 'node:test'
import { encodeBootstrap } from '../../src/run/bootstrap.ts'
import { backRoutes, documents, gateway, service } from './manifests.ts'
import { get, Sandbox, until } from './mizzen.ts'

let sandbox: Sandbox | undefined
afterEach(async () => {
  await sandbox?.close()
  sandbox = undefined
})

test('mizzen control-plane serves a proxy, follows edits, reports bad ones and ends when told to', async () => {
  const mine = new Sandbox({ 'back.yaml': documents(service('back', 80), backRoutes(100)), 'gateway.yaml': gateway })
  sandbox = mine
  const { child, output, ended } = mine.start(
    'control-plane',
    '.',
    '--xds',
    '127.0.0.1:0',
    '--xds',
    'unix:xds.sock',
    '--secure-xds',
    '127.0.0.1:0',
    '--status',
    '127.0.0.1:0',
  )
  const told = await until(output, text => text.includes('status page on'), 20_000)
  const [, port] = /serves xDS on 127\.0\.0\.1:(\d+)/.exec(told) ?? []
  const [, page = ''] = /status page on (\S+)/.exec(told) ?? []
  assert.match(told, /serves xDS on unix:xds\.sock/)

  const file = path.join(mine.directory, 'bootstrap.pb')
  const identity = {
    type: 'router',
    pod: 'edge-0',
    namespace: 'istio-system',
    ip: '127.0.0.1',
    workload: 'edge',
    serviceAccount: 'edge',
    labels: { istio: 'ingressgateway' },
    annotations: {},
    interception: 'NONE',
  } as const
  writeFileSync(
    file,
    encodeBootstrap({ identity, admin: { host: '127.0.0.1', port: 0 }, controlPlane: { host: '127.0.0.1', port: Number(port) } }),
  )
  const proxy = mine.start('proxy', '-c', file)
  await until(output, text => text.includes('edge-0.istio-system~istio-system.svc.cluster.local connected'), 20_000)
  const synced = async () => JSON.parse((await get(`${page}/status.json`)).body).proxies[0]?.types
  await until(synced, types => types?.length > 0 && types.every((type: { state: string }) => type.state === 'SYNCED'))

  mine.edit('back.yaml', text => text.replace('name: http, port: 80', 'name: http, port: 81'))
  await until(output, text => /a change is live on 1 prox(y|ies) in \d+ ms/.test(text))
  mine.edit('back.yaml', text => text.replace('port: 81', 'prot: 81'))
  await until(output, text => /back\.yaml:\d+:\d+: error: .*port/.test(text))

  const metrics = (await get(`${page}/metrics`)).body
  for (const line of [
    /^pilot_xds 1$/m,
    /^pilot_services 1$/m,
    /^pilot_proxy_convergence_time_count [1-9]/m,
    /^pilot_xds_config_size_bytes_count\{type="lds"\} [1-9]/m,
    /^pilot_push_triggers\{type="config"\} [1-9]/m,
    /^pilot_pushcontext_init_seconds_count [1-9]/m,
    /^pilot_xds_lds_reject 0$/m,
    /^mizzen_config_problems\{level="error"\} [1-9]/m,
    /^citadel_server_csr_count 0$/m,
    /^citadel_server_root_cert_expiry_seconds \d{6,}/m,
    /^pilot_info\{version="[^"]+"\} 1$/m,
    /^process_resident_memory_bytes \d{7,}$/m,
    /^nodejs_eventloop_lag_p99_seconds \d/m,
  ])
    assert.match(metrics, line)
  const names = [...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
  assert.deepEqual([...new Set(names)], names, 'no metric is declared twice')
  const promtool = path.resolve(import.meta.dirname, '../../.tools/prometheus/usr/bin/promtool')
  // It calls Istio's names bad style, which is no error.
  if (existsSync(promtool)) {
    // get() takes the last line feed off, which the format wants.
    const { status, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: `${metrics}\n`, encoding: 'utf8' })
    assert.notEqual(status, 1, stderr)
  }

  proxy.child.kill('SIGKILL')
  await until(output, text => text.includes('svc.cluster.local disconnected'))
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
})

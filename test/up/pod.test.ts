/** `mizzen proxy sidecar` with the environment that injection gives a pod: certificate, configuration, health, probes, metrics, an orderly end. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'
import { freePorts } from '../scenarios/ports.ts'
import { documents, service } from './manifests.ts'
import { get, Sandbox, until } from './mizzen.ts'

interface RunningPod {
  readonly child: ChildProcess
  readonly health: string
  readonly status: string
  readonly output: () => string
}

describe('the proxy of a pod', () => {
  let sandbox: Sandbox
  let folder = ''
  let port = 0
  let rootsFile = ''
  let application: http.Server
  let applicationPort = 0
  const children: ChildProcess[] = []

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mizzen-pod-'))
    sandbox = new Sandbox({ 'mesh.yaml': documents(service('back', 80)) })
    const arguments_ = ['--secure-xds', '127.0.0.1:0', '--status', '127.0.0.1:0', '--state', folder, '--host', 'localhost']
    const control = sandbox.start('control-plane', '.', ...arguments_)
    const told = await until(control.output, text => text.includes('status page on'), 20_000)
    const [, number, file = ''] = /certificates on 127\.0\.0\.1:(\d+), verified by (\S+)/.exec(told) ?? []
    port = Number(number)
    rootsFile = file
    application = http.createServer((request, response) => {
      const healthy = request.url === '/alive' && request.headers['x-probe'] === 'yes'
      if (request.url === '/app-metrics') response.end('orders_total 7\n')
      else response.writeHead(healthy ? 200 : 500).end(`from ${request.socket.remoteAddress}`)
    })
    application.listen(0, '127.0.0.1')
    await once(application, 'listening')
    const address = application.address()
    applicationPort = typeof address === 'object' && address !== null ? address.port : 0
  })
  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    application?.close()
    await sandbox?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function start(name: string, more: Readonly<Record<string, string>>): Promise<RunningPod> {
    const { stdout } = await sandbox.mizzen('token', '-s', 'vm', '-n', 'legacy', '--state', folder)
    const place = path.join(folder, name)
    mkdirSync(path.join(place, 'info'), { recursive: true })
    writeFileSync(path.join(place, 'token'), stdout, { mode: 0o600 })
    writeFileSync(path.join(place, 'info/labels'), 'app="shop \\"front\\""\n')
    const [admin, status, health, metrics] = await freePorts(4)
    const config = {
      discoveryAddress: `localhost:${port}`,
      configPath: path.join(place, 'proxy'),
      proxyAdminPort: admin,
      statusPort: status,
      terminationDrainDuration: '1s',
      binaryPath: envoyBinary() ?? '',
    }
    const env = {
      PATH: process.env['PATH'] ?? '',
      POD_NAME: name,
      POD_NAMESPACE: 'legacy',
      SERVICE_ACCOUNT: 'vm',
      INSTANCE_IP: '127.0.0.1',
      ISTIO_META_WORKLOAD_NAME: name,
      ISTIO_META_INTERCEPTION_MODE: 'NONE',
      PROXY_CONFIG: JSON.stringify(config),
      ISTIO_KUBE_APP_PROBERS: JSON.stringify({
        '/app-health/app/livez': {
          httpGet: { path: 'alive', port: applicationPort, httpHeaders: [{ name: 'x-probe', value: 'yes' }] },
        },
        '/app-health/app/readyz': { httpGet: { path: '/source', port: applicationPort }, timeoutSeconds: 2 },
        '/app-health/app/startupz': { tcpSocket: { port: applicationPort } },
      }),
      ISTIO_PROMETHEUS_ANNOTATIONS: JSON.stringify({ scrape: 'true', path: '/app-metrics', port: String(applicationPort) }),
      POD_INFO_DIR: path.join(place, 'info'),
      JWT_TOKEN_FILE: path.join(place, 'token'),
      CA_ROOT_CA: rootsFile,
      ENVOY_STATUS_PORT: String(health),
      ENVOY_PROMETHEUS_PORT: String(metrics),
      ...more,
    }
    const injected = ['--domain', 'legacy.svc.cluster.local', '--proxyLogLevel=warning', '--proxyComponentLogLevel=misc:error']
    const child = spawn(process.execPath, [sandbox.script, 'proxy', 'sidecar', ...injected, '--log_output_level=default:info'], {
      env,
    })
    children.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    return { child, health: `http://127.0.0.1:${health}`, status: `http://127.0.0.1:${status}`, output: () => output }
  }

  const ready = async (pod: RunningPod) => {
    const asked = () =>
      get(`${pod.health}/healthz/ready`).then(
        ({ status }) => status,
        () => 0,
      )
    await until(asked, code => code === 200, 20_000).catch(error => assert.fail(`${error.message}\n${pod.output()}`))
  }

  for (const engine of ['mizzen', 'envoy'] as const) {
    const skip = engine === 'envoy' && !envoyBinary() && ENVOY_MISSING
    test(`starts, is asked and ends (${engine})`, { skip }, async () => {
      const pod = await start(`pod-${engine}`, engine === 'envoy' ? { MIZZEN_ENGINE: 'envoy' } : {})
      await ready(pod)
      const probe = (name: string) => get(`${pod.status}/app-health/app/${name}`)
      assert.equal((await probe('livez')).status, 200)
      assert.equal((await probe('startupz')).status, 200)
      // As kubelet's probe would: the answer of the application is passed on. The capture rules know who asks by the address.
      const failing = await probe('readyz')
      assert.deepEqual([failing.status, failing.body], [500, 'from 127.0.0.6'])
      assert.equal((await probe('nothing')).status, 404)
      const { body } = await get(`${pod.status}/stats/prometheus`)
      assert.match(body, /orders_total 7/)
      assert.match(body, /envoy_server_live/)
      pod.child.kill('SIGTERM')
      await until(
        () => get(`${pod.health}/healthz/ready`),
        ({ status }) => status === 503,
        5000,
      )
      const [code] = await once(pod.child, 'exit')
      assert.equal(code, 0, pod.output())
    })
  }

  test('ends when the pod asks it to (quitquitquit)', async () => {
    const pod = await start('pod-quit', {})
    await ready(pod)
    assert.equal((await fetch(`${pod.status}/quitquitquit`)).status, 405)
    assert.equal((await fetch(`${pod.status}/quitquitquit`, { method: 'POST' })).status, 200)
    const [code] = await once(pod.child, 'exit')
    assert.equal(code, 0, pod.output())
  })

  test('says what it waits for while there is no control plane', async () => {
    const config = { discoveryAddress: 'localhost:1', configPath: path.join(folder, 'alone'), statusPort: 0 }
    const pod = await start('pod-alone', { PROXY_CONFIG: JSON.stringify(config) })
    await until(
      () => get(`${pod.health}/healthz/ready`).catch(() => ({ status: 0, body: '' })),
      ({ status }) => status === 503,
      10_000,
    )
    assert.match((await get(`${pod.health}/healthz/ready`)).body, /no certificate or no control plane/)
    pod.child.kill('SIGTERM')
  })

  test('serves a gRPC application without a proxy: certificates in files, configuration on a socket', async () => {
    const certificates = path.join(folder, 'certificates')
    const pod = await start('pod-grpc', { DISABLE_ENVOY: 'true', OUTPUT_CERTS: certificates, ISTIO_META_GENERATOR: 'grpc' })
    await ready(pod)
    pod.child.kill('SIGTERM')
    const [code] = await once(pod.child, 'exit')
    assert.equal(code, 0, pod.output())
  })
})

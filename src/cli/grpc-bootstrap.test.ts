import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { after, describe, test } from 'node:test'
import { main } from './main.ts'

describe('mizzen grpc-bootstrap', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mizzen-grpc-bootstrap-'))
  after(() => rmSync(folder, { recursive: true }))
  const ENV = { POD_NAME: 'pay-0', POD_NAMESPACE: 'shop', INSTANCE_IP: '10.0.0.7', ISTIO_META_CLUSTER_ID: 'west' }

  async function run(...args: readonly string[]) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const io = { stdin: new PassThrough(), stdout, stderr, env: ENV, cwd: folder }
    const code = await main(['grpc-bootstrap', ...args], io)
    return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
  }

  test('names the agent, the files that it keeps, and who the application is', async () => {
    const { code } = await run('--xds-socket', '/run/XDS', '--certs', 'data', '--refresh', '1m', '-o', 'bootstrap.json')
    assert.equal(code, 0)
    const { node, ...rest } = JSON.parse(readFileSync(path.join(folder, 'bootstrap.json'), 'utf8'))
    assert.deepEqual(rest, {
      xds_servers: [{ server_uri: 'unix:///run/XDS', channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] }],
      certificate_providers: {
        default: {
          plugin_name: 'file_watcher',
          config: {
            certificate_file: path.join(folder, 'data/cert-chain.pem'),
            private_key_file: path.join(folder, 'data/key.pem'),
            ca_certificate_file: path.join(folder, 'data/root-cert.pem'),
            refresh_interval: '60s',
          },
        },
      },
      server_listener_resource_name_template: 'xds.istio.io/grpc/lds/inbound/%s',
    })
    assert.equal(node.id, 'sidecar~10.0.0.7~pay-0.shop~shop.svc.cluster.local')
    assert.deepEqual([node.metadata.GENERATOR, node.metadata.CLUSTER_ID, node.metadata.NAMESPACE], ['grpc', 'west', 'shop'])
    assert.deepEqual(node.metadata.ANNOTATIONS, {})
  })

  test('without an agent names the control plane, and tells it that there is no certificate', async () => {
    const { out } = await run()
    const { xds_servers: [server] = [], node, certificate_providers } = JSON.parse(out)
    assert.equal(server.server_uri, 'dns:///istiod.istio-system.svc:15010')
    assert.deepEqual(node.metadata.ANNOTATIONS, { 'mizzen.dev/identity': 'false' })
    assert.equal(certificate_providers, undefined)
  })

  test('says what it cannot use', async () => {
    assert.deepEqual(await run('--discovery-address', 'istiod'), {
      code: 2,
      out: '',
      err: 'Cannot use --discovery-address "istiod": expected HOST:PORT\n',
    })
    assert.equal((await run('--xds-socket', 'a', '--discovery-address', 'b:1')).code, 2)
  })
})

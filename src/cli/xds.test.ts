import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { run } from './xds.ts'

const cwd = mkdtempSync(path.join(tmpdir(), 'mizzen-xds-'))
after(() => rmSync(cwd, { recursive: true }))

writeFileSync(
  path.join(cwd, 'mesh.yaml'),
  `apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: cart}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart], http: [{route: [{destination: {host: crat}}]}]}
`,
)
writeFileSync(path.join(cwd, 'proxy.yaml'), 'type: sidecar\nnamespace: default\nips: ["10.0.0.9"]\n')
writeFileSync(path.join(cwd, 'mesh-config.yaml'), 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}\nproxyHttpPort: 15080\n')

async function xds(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const code = await run(args, { stdin: Readable.from(['']), stdout, stderr, env: {}, cwd })
  stdout.end()
  stderr.end()
  return { code, stdout: await textOf(stdout), stderr: await textOf(stderr) }
}

test('xds prints the resources of a Deployment and says on standard error what is wrong', async () => {
  const { code, stdout, stderr } = await xds(['mesh.yaml', '-w', 'shop/cart', '-o', 'json'])
  assert.equal(code, 0)
  const printed: { '@type': string; name: string }[] = JSON.parse(stdout)
  const names = printed.filter(resource => resource['@type'].endsWith('.Cluster')).map(cluster => cluster.name)
  assert.ok(names.includes('outbound|80||cart.shop.svc.cluster.local'), names.join())
  assert.ok(names.includes('inbound|8080||'), names.join())
  assert.match(stderr, /mesh\.yaml:16:\d+: error: referenced host not found: "crat\.shop\.svc\.cluster\.local"/)
})

test('xds prints one type for a described proxy under a mesh configuration', async () => {
  const given = ['mesh.yaml', '--proxy', 'proxy.yaml', '--mesh-config', 'mesh-config.yaml', '-t', 'routes']
  const { code, stdout, stderr } = await xds(given)
  assert.equal(code, 0)
  assert.match(stderr, /meshConfig\.proxyHttpPort has no effect in this version of mizzen/)
  assert.match(stdout, /^- "@type": type.googleapis.com\/envoy.config.route.v3.RouteConfiguration\n/)
  assert.match(stdout, /block_all/)
})

test('xds shows a Deployment without pods as endpoints of its Service', async () => {
  const { stdout } = await xds(['mesh.yaml', '-w', 'shop/cart', '-t', 'endpoints', '-o', 'json'])
  assert.match(stdout, /"10\.244\.0\.1"/)
})

test('xds names the workload that was probably meant', async () => {
  await assert.rejects(xds(['mesh.yaml', '-w', 'shop/crat']), /Cannot find workload "shop\/crat": did you mean "shop\/cart"\?/)
})

test('xds asks for a proxy when none is named', async () => {
  await assert.rejects(xds(['mesh.yaml']), /expected --workload NAMESPACE\/NAME or --proxy FILE/)
})

test('xds goes through the gateways of another network when --mesh-networks names them', async () => {
  writeFileSync(path.join(cwd, 'west.yaml'), 'type: sidecar\nmetadata: {NETWORK: west}\n')
  writeFileSync(
    path.join(cwd, 'networks.yaml'),
    'networks: {east: {endpoints: [{fromRegistry: Kubernetes}], gateways: [{address: 203.0.113.1, port: 15443}]}}',
  )
  const given = ['mesh.yaml', '--proxy', 'west.yaml', '--mesh-networks', 'networks.yaml', '-t', 'endpoints', '-o', 'json']
  const { stdout } = await xds(given)
  assert.match(stdout, /"address": "203\.0\.113\.1"/)
  assert.doesNotMatch(stdout, /"10\.244\.0\.1"/)
})

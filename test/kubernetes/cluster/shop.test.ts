/**
 * The shop's own manifests, unchanged, on a cluster: installed mesh, sidecars, gateway, STRICT mutual TLS, both engines, and restarts of
 * everything under load without a failed request.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { listAt, textAt } from '../../../src/kubernetes/client/raw-object.ts'
import { apply, get, kubectl, mizzen, pods, skip, untilRolledOut } from './cluster.ts'
import { imageFlags, images } from './images.ts'
import { ask, Load, nameOf } from './load.ts'

const GATEWAY = 'http://istio-ingressgateway.istio-system'

/** A test machine has few cores, and every pod reserves some of them. */
const SMALL = ['--set', 'global.proxy.resources.requests.cpu=10m', '--set', 'pilot.resources.requests.cpu=50m']

describe('the shop on a cluster', { skip }, () => {
  const post = (body: unknown) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

  before(async () => {
    const tag = await images()
    await mizzen('install', ...imageFlags(tag), ...SMALL)
    await kubectl('apply', '-f', 'examples/shop')
    await untilRolledOut('shop', 300)
    await untilRolledOut('outside')
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'client', namespace: 'outside', labels: { 'sidecar.istio.io/inject': 'false' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'client', image: 'mizzen-shop:1', command: ['node', '-e', 'setInterval(() => {}, 1000)'] }],
      },
    })
    await kubectl('wait', 'pod/client', '-n', 'outside', '--for=condition=Ready', '--timeout=60s')
  })
  after(async () => {
    await kubectl('delete', 'namespace', 'shop', 'outside', '--ignore-not-found')
    await mizzen('uninstall', '--revision', 'default', '--yes')
  })

  it('has a sidecar in every pod of the namespace', async () => {
    for (const pod of await pods('shop', 'app')) {
      const names = listAt(pod, 'spec', 'initContainers').map(each => textAt(each, 'name'))
      assert.ok(names.includes('istio-proxy'), `${nameOf(pod)}: ${names.join(', ')}`)
    }
  })

  it('opens through the gateway, and sells', async () => {
    assert.match(await ask('outside', 'client', `${GATEWAY}/`), /^200 (.|\n)*<title>Mizzen shop/)
    assert.match(await ask('outside', 'client', `${GATEWAY}/api/cart`, post({ cart: 'a', product: 'rope' })), /^200 .*"rope"/)
  })

  it('keeps plain requests out where mutual TLS is STRICT, and lets its own through', async () => {
    await apply({
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'default', namespace: 'shop' },
      spec: { mtls: { mode: 'STRICT' } },
    })
    await untilRefused()
    assert.match(await ask('outside', 'client', `${GATEWAY}/api/cart`, post({ cart: 'b', product: 'rope' })), /^200 /)
  })

  async function untilRefused(): Promise<void> {
    for (let left = 50; ; left--) {
      const answer = await ask('outside', 'client', 'http://cart.shop/healthz')
      if (answer.startsWith('error')) return
      assert.ok(left > 0, `a plain request still gets ${answer}`)
    }
  }

  it('runs on Envoy where an annotation says so, beside mizzen', async () => {
    for (const name of ['catalog-v1', 'catalog-v2', 'cart']) await annotate(name, 'envoy')
    await untilRolledOut('shop', 300)
    const [pod] = await pods('shop', 'app=cart')
    const proxy = listAt(pod, 'spec', 'initContainers').find(each => textAt(each, 'name') === 'istio-proxy')
    assert.match(textAt(proxy, 'image'), /proxy-envoy/)
    assert.match(await ask('outside', 'client', `${GATEWAY}/`), /^200 /)
    assert.match(await ask('outside', 'client', `${GATEWAY}/api/cart`, post({ cart: 'c', product: 'rope' })), /^200 .*"rope"/)
  })

  it('serves every request while each Deployment, the control plane and the gateway restart', async () => {
    const load = await Load.begin('outside', 'load', `${GATEWAY}/api/cart/a`)
    // One after the other: a machine on which everything starts at once answers no readiness probe in time, and a service whose only pod is not
    // ready has nobody to serve it.
    const names = listAt(await get('deployments', '-n', 'shop'), 'items').map(nameOf)
    for (const name of names) await restart('shop', name)
    await restart('istio-system', 'mizzen')
    await restart('istio-system', 'istio-ingressgateway')
    const { sent, failed, failures } = await load.end()
    assert.ok(sent > 100, `only ${sent} requests`)
    assert.equal(failed, 0, `${failed} of ${sent} failed: ${failures.join('; ')}`)
  })

  async function annotate(deployment: string, engine: string): Promise<void> {
    const patch = { spec: { template: { metadata: { annotations: { 'mizzen.dev/engine': engine } } } } }
    await kubectl('patch', 'deployment', deployment, '-n', 'shop', '--type=merge', '-p', JSON.stringify(patch))
  }

  async function restart(namespace: string, name: string): Promise<void> {
    await kubectl('rollout', 'restart', `deployment/${name}`, '-n', namespace)
    await kubectl('rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=180s')
  }
})

/** The CNI plugin in a real network namespace: what the runtime calls it with, and what becomes of the pod's connections. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { runPlugin } from '../../src/kubernetes/cni/plugin.ts'
import type { Pod } from '../../src/kubernetes/inject/pod.ts'
import { cannotIsolate, PEER, POD, PodNamespace } from './namespace.ts'

const APPLICATION = 1000
const prevResult = { cniVersion: '1.0.0', ips: [{ address: `${POD.v4}/24` }, { address: `${POD.v6}/64` }] }

const injected: Pod = {
  metadata: {
    name: 'cart',
    namespace: 'shop',
    annotations: {
      'sidecar.istio.io/status': '{}',
      'traffic.sidecar.istio.io/excludeOutboundPorts': '9999',
      'traffic.sidecar.istio.io/includeInboundPorts': '*',
    },
  },
  spec: {
    initContainers: [
      { name: 'istio-validation' },
      { name: 'istio-proxy', securityContext: { runAsUser: 1337, runAsGroup: 1337 } },
    ],
    containers: [{ name: 'cart' }],
  },
}

describe('the CNI plugin', { skip: cannotIsolate() }, () => {
  let namespace: PodNamespace
  const said: string[] = []

  const call = (command: string, pod: Pod = injected, input: unknown = { cniVersion: '1.0.0', name: 'net', prevResult }) =>
    runPlugin({
      env: {
        CNI_COMMAND: command,
        CNI_NETNS: namespace.path,
        CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=cart',
      },
      input: typeof input === 'string' ? input : JSON.stringify(input),
      readPod: async () => pod,
      say: sentence => said.push(sentence),
    })

  before(async () => {
    namespace = PodNamespace.make('cni')
    await namespace.listen('pod', 'outbound:15001', 'inbound:15006', 'app:8080')
    await namespace.listen('outside', 'peer:7000', 'excluded:9999')
  })
  after(() => namespace?.remove())

  test('leaves pods without a proxy, and those with an init container, alone', async () => {
    for (const pod of [
      { ...injected, spec: { containers: [{ name: 'cart' }] } },
      { ...injected, spec: { ...injected.spec, initContainers: [{ name: 'istio-init' }, { name: 'istio-proxy' }] } },
    ]) {
      assert.equal((await call('ADD', pod)).code, 0)
      assert.match(said.at(-1) ?? '', /pod shop\/cart is left alone: its? /)
      assert.equal(namespace.connect('pod', APPLICATION, PEER.v4, 7000), 'peer')
    }
  })

  test('captures an injected pod, and hands on what the plugins before it made', async () => {
    const { code, output } = await call('ADD')
    assert.deepEqual([code, JSON.parse(output)], [0, prevResult])
    for (const family of ['v4', 'v6'] as const) {
      assert.equal(namespace.connect('pod', APPLICATION, PEER[family], 7000), 'outbound')
      assert.equal(namespace.connect('pod', APPLICATION, PEER[family], 9999), 'excluded')
      assert.equal(namespace.connect('outside', APPLICATION, POD[family], 8080), 'inbound')
    }
    assert.deepEqual(await call('CHECK'), { code: 0, output: '' })
  })

  test('leaves nothing behind after DEL, also when it is called twice', async () => {
    for (let time = 0; time < 2; time++) assert.deepEqual(await call('DEL'), { code: 0, output: '' })
    assert.equal(namespace.connect('pod', APPLICATION, PEER.v4, 7000), 'peer')
    assert.doesNotMatch(namespace.run('pod', 'iptables-save'), /ISTIO/)
  })

  test('says what is wrong in the words of the protocol', async () => {
    const parsed = async (answer: ReturnType<typeof call>) => JSON.parse((await answer).output)
    assert.deepEqual((await parsed(call('VERSION'))).supportedVersions.at(-1), '1.1.0')
    assert.equal((await parsed(call('ADD', injected, 'no json'))).code, 6)
    assert.equal((await parsed(call('LIST'))).code, 4)
    const wrong = {
      ...injected,
      metadata: {
        ...injected.metadata,
        annotations: { 'sidecar.istio.io/status': '{}', 'traffic.sidecar.istio.io/includeInboundPorts': 'http' },
      },
    }
    assert.match((await parsed(call('ADD', wrong))).msg, /Cannot capture the traffic of pod shop\/cart: .*"http"/)
  })
})

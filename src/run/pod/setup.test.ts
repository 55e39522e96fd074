import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePodArguments } from './arguments.ts'
import { podSetup } from './setup.ts'

const INJECTED = [
  ...['sidecar', '--domain', 'shop.svc.cluster.local', '--proxyLogLevel=warning'],
  ...['--proxyComponentLogLevel=misc:error', '--log_output_level=default:info'],
]
const args = parsePodArguments(INJECTED)

test('parsePodArguments() takes what injection writes', () => {
  assert.deepEqual(args, {
    role: 'sidecar',
    domain: 'shop.svc.cluster.local',
    logLevel: 'warning',
    componentLogLevel: 'misc:error',
    agentLogLevel: 'info',
    concurrency: undefined,
    serviceCluster: undefined,
    unused: [],
  })
})

test('parsePodArguments() says what has no effect, and refuses what is wrong', () => {
  assert.deepEqual(parsePodArguments(['router', '--stsPort=15463']).unused, [
    '--stsPort has no effect: there is no token exchange',
  ])
  assert.throws(() => parsePodArguments(['ingress']), /"ingress": expected sidecar or router/)
  assert.throws(() => parsePodArguments(['sidecar', '--proxyLogLevel=loud']), /--proxyLogLevel "loud"/)
})

test('podSetup() takes the environment of a pod', () => {
  const setup = podSetup(args, {
    POD_NAME: 'cart-1',
    POD_NAMESPACE: 'shop',
    INSTANCE_IP: '10.0.0.7',
    CA_ADDR: 'istiod-canary.istio-system.svc:15012',
    PROXY_CONFIG: '{"terminationDrainDuration":"30s","concurrency":2}\n',
    ISTIO_META_INTERCEPTION_MODE: 'REDIRECT',
    ISTIO_META_WORKLOAD_NAME: 'cart',
    ISTIO_META_NETWORK: 'west',
    MIZZEN_ENGINE: 'envoy',
  })
  assert.deepEqual(setup.controlPlane, { host: 'istiod-canary.istio-system.svc', port: 15_012 })
  assert.deepEqual([setup.terminationDrainMs, setup.concurrency, setup.engine, setup.statusPort], [30_000, 2, 'envoy', 15_020])
  assert.deepEqual(setup.metadata, { INTERCEPTION_MODE: 'REDIRECT', WORKLOAD_NAME: 'cart', NETWORK: 'west' })
})

test('podSetup() lets the address of the proxy configuration go before that of the authority, and the annotation before its port', () => {
  const env = { CA_ADDR: 'ca:1', PROXY_CONFIG: '{"discoveryAddress":"[fd00::1]:15012","statusPort":15999}' }
  const setup = podSetup(args, env, { 'status.sidecar.istio.io/port': '15998' })
  assert.deepEqual([setup.controlPlane, setup.statusPort], [{ host: 'fd00::1', port: 15_012 }, 15_998])
})

test('podSetup() refuses an environment that it cannot read', () => {
  assert.throws(() => podSetup(args, { PROXY_CONFIG: 'x: y' }), /PROXY_CONFIG is "x: y", expected an object in JSON/)
  assert.throws(() => podSetup(args, { CA_ADDR: 'nowhere' }), /"nowhere", expected HOST:PORT/)
  assert.throws(() => podSetup(args, { ISTIO_META_INTERCEPTION_MODE: 'MAGIC' }), /expected REDIRECT, TPROXY or NONE/)
})

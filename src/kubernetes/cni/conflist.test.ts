import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenFile, withoutPlugin, withPlugin } from './conflist.ts'

const bridge = { type: 'bridge', bridge: 'cni0' }
const chain = JSON.stringify({ cniVersion: '0.4.0', name: 'net', plugins: [bridge, { type: 'portmap' }] })
const typesOf = (text: string) => JSON.parse(text).plugins.map(({ type }: { type: string }) => type)

test('withPlugin() puts ours behind the others, once', () => {
  const once = withPlugin(chain, { kubeconfig: '/k' })
  assert.deepEqual(typesOf(once), ['bridge', 'portmap', 'mizzen-cni'])
  assert.equal(withPlugin(once, { kubeconfig: '/k' }), once)
  assert.equal(JSON.parse(once).cniVersion, '0.4.0')
})

test('withPlugin() makes a chain of a single plugin', () => {
  const text = withPlugin(JSON.stringify({ cniVersion: '0.3.1', name: 'net', ...bridge }), {})
  assert.deepEqual(typesOf(text), ['bridge', 'mizzen-cni'])
})

test('withoutPlugin() takes ours away', () => {
  assert.deepEqual(JSON.parse(withoutPlugin(withPlugin(chain, {}))), JSON.parse(chain))
})

test('withPlugin() refuses what is no configuration of a network', () => {
  assert.throws(() => withPlugin('{', {}), /no JSON/)
  assert.throws(() => withPlugin('{}', {}), /neither plugins nor a type/)
})

test('chosenFile() is the first by name that a runtime takes', () => {
  assert.equal(chosenFile(['mizzen-cni.kubeconfig', '20-b.conf', '10-a.conflist']), '10-a.conflist')
  assert.equal(chosenFile(['README']), undefined)
})

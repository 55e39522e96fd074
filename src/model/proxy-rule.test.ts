import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ProxyRule, proxySettingsOf } from './proxy-rule.ts'
import { DEFAULT_SETTINGS } from './settings.ts'

const settings = { ...DEFAULT_SETTINGS, proxyDefaults: { concurrency: 1, drainMs: 1, metadata: { A: 'mesh', B: 'mesh' } } }
const rule = (namespace: string, selector: ProxyRule['selector'], own: ProxyRule['settings']): ProxyRule => ({
  name: 'rule',
  namespace,
  created: '',
  selector,
  settings: own,
})

test('proxySettingsOf() lets the closest go first: selector, workload, namespace, root namespace, mesh', () => {
  const rules = [
    rule('istio-system', {}, { concurrency: 2, statusPort: 2 }),
    rule('shop', {}, { concurrency: 3, adminPort: 3 }),
    rule('shop', { app: 'cart' }, { concurrency: 5, metadata: { B: 'rule' } }),
    rule('shop', { app: 'cart' }, { concurrency: 6 }),
    rule('other', { app: 'cart' }, { concurrency: 7 }),
  ]
  const cart = { namespace: 'shop', labels: { app: 'cart' }, proxySettings: { concurrency: 4, adminPort: 4, drainMs: undefined } }
  const seen = proxySettingsOf(rules, cart, settings)
  assert.deepEqual(
    [seen.concurrency, seen.adminPort, seen.statusPort, seen.drainMs, seen.metadata],
    [5, 4, 2, 1, { A: 'mesh', B: 'rule' }],
  )
  assert.equal(proxySettingsOf(rules, { namespace: 'shop', labels: {} }, settings).concurrency, 3)
  assert.equal(proxySettingsOf(rules, { namespace: 'istio-system', labels: { app: 'cart' } }, settings).concurrency, 2)
})

test('proxySettingsOf() returns the same object for proxies that are told the same', () => {
  const rules = [rule('shop', {}, { concurrency: 3 })]
  const of = (name: string) => proxySettingsOf(rules, { namespace: 'shop', labels: { name } }, settings)
  assert.equal(of('a'), of('b'))
  assert.equal(proxySettingsOf([], { namespace: 'shop', labels: {} }, settings), settings.proxyDefaults)
})

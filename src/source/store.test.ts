import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originWithoutFile } from '../api/object.ts'
import { readObject } from '../api/read.ts'
import type { AnyObject } from '../api/registry.ts'
import { aboutFile } from './diagnostic.ts'
import { type Change, type DiagnosticsChange, Store } from './store.ts'

function service(name: string, namespace = 'shop', from = 'test'): AnyObject {
  const { object } = readObject(
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: {} },
    originWithoutFile(from),
  )
  assert.ok(object)
  return object
}

function watched(store: Store): Change[] {
  const changes: Change[] = []
  store.subscribe(change => changes.push(change))
  return changes
}

const names = (objects: readonly AnyObject[]) => objects.map(object => `${object.namespace}/${object.name}`)

test('Store tells what was added, updated and removed, and lists by namespace and name', () => {
  const store = new Store()
  const changes = watched(store)
  const files = store.source()
  const [cart, pay] = [service('cart'), service('pay')]
  files.publish([pay, cart, service('web', 'a')])
  const newPay = service('pay')
  files.publish([newPay, cart])
  assert.deepEqual(names(changes[0]?.added ?? []), ['shop/pay', 'shop/cart', 'a/web'])
  assert.deepEqual(names(changes[0]?.snapshot.objects.Service ?? []), ['a/web', 'shop/cart', 'shop/pay'])
  assert.deepEqual(changes[1]?.updated, [{ before: pay, after: newPay }])
  assert.deepEqual(names(changes[1]?.removed ?? []), ['a/web'])
  assert.deepEqual(store.snapshot().objects.Service, [cart, newPay])
  assert.equal(store.snapshot().revision, 2)
})

test('Store says nothing when what is published is what is there', () => {
  const store = new Store()
  const files = store.source()
  const cart = service('cart')
  files.publish([cart])
  const changes = watched(store)
  files.publish([cart])
  assert.deepEqual(changes, [])
  assert.equal(store.snapshot().revision, 1)
})

test('Store keeps a snapshot as it was, and shares the lists that did not change', () => {
  const store = new Store()
  const files = store.source()
  const cart = service('cart')
  files.publish([cart])
  const before = store.snapshot()
  files.publish([cart, service('pay')])
  assert.deepEqual(names(before.objects.Service), ['shop/cart'])
  assert.notEqual(store.snapshot().objects.Service, before.objects.Service)
  assert.equal(store.snapshot().objects.Pod, before.objects.Pod)
})

test('Store takes the object of the earlier source when two have one name, and reports the other', () => {
  const store = new Store()
  const first = store.source()
  const second = store.source()
  second.publish([service('cart', 'shop', 'second')])
  first.publish([service('cart', 'shop', 'first')])
  assert.deepEqual(
    store.snapshot().objects.Service.map(each => each.origin.file),
    ['<first>'],
  )
  assert.deepEqual(
    store.diagnostics().map(({ code, file, resource }) => ({ code, file, resource })),
    [{ code: 'duplicate-object', file: '<second>', resource: 'Service shop/cart' }],
  )
  first.publish([])
  assert.deepEqual(
    store.snapshot().objects.Service.map(each => each.origin.file),
    ['<second>'],
  )
  assert.deepEqual(store.diagnostics(), [])
})

test('Store tells which diagnostics appeared and which are resolved', () => {
  const store = new Store()
  const files = store.source()
  const told: DiagnosticsChange[] = []
  store.subscribeDiagnostics(change => told.push(change))
  const [a, b, c] = ['a', 'b', 'c'].map(code => aboutFile('x.yaml', 'error', code, code))
  assert.ok(a && b && c)
  files.publish([], [a, b])
  files.publish([], [b, c])
  files.publish([], [b, c])
  assert.deepEqual(
    told.map(({ appeared, resolved }) => [appeared.map(each => each.code), resolved.map(each => each.code)]),
    [
      [['a', 'b'], []],
      [['c'], ['a']],
    ],
  )
})

test('Store goes on and reports it when a listener throws', () => {
  const store = new Store()
  store.subscribe(() => {
    throw new Error('no such thing')
  })
  const changes = watched(store)
  store.source().publish([service('cart')])
  assert.equal(changes.length, 1)
  assert.match(store.diagnostics()[0]?.message ?? '', /Cannot apply the configuration: no such thing/)
})

test('Store calls no listener whose subscription ended', () => {
  const store = new Store()
  const changes: Change[] = []
  const end = store.subscribe(change => changes.push(change))
  end()
  store.source().publish([service('cart')])
  assert.deepEqual(changes, [])
})

test('Store shows each listener one change after the other when a listener publishes', () => {
  const store = new Store()
  const files = store.source()
  const pods = store.source()
  store.subscribe(change => {
    if (change.snapshot.revision === 1) pods.publish([service('cart-pod', 'pods')])
  })
  const changes = watched(store)
  files.publish([service('cart')])
  assert.deepEqual(
    changes.map(change => [change.snapshot.revision, names(change.added)]),
    [
      [1, ['shop/cart']],
      [2, ['pods/cart-pod']],
    ],
  )
})

test('Store exchanges one object of many without touching what else there is', () => {
  const store = new Store()
  const changes = watched(store)
  const files = store.source()
  const [cart, pay, web] = [service('cart'), service('pay'), service('web', 'a')]
  files.publish([pay, cart, web])
  const before = store.snapshot()
  const newPay = service('pay')
  files.publish([newPay, cart, web])
  const { objects, revision } = store.snapshot()
  assert.deepEqual(changes[1], { snapshot: store.snapshot(), added: [], updated: [{ before: pay, after: newPay }], removed: [] })
  assert.deepEqual(objects.Service, [web, cart, newPay])
  assert.equal(objects.Pod, before.objects.Pod)
  assert.equal(revision, 2)
  files.publish([cart, web])
  assert.deepEqual(changes[2]?.removed, [newPay], 'what was exchanged is what a later merge compares with')
})

test('Store lets the next object in line win when names were exchanged', () => {
  const store = new Store()
  const changes = watched(store)
  const [first, second] = [store.source(), store.source()]
  const [mine, yours] = [service('cart', 'shop', 'first'), service('cart', 'shop', 'second')]
  first.publish([mine])
  second.publish([yours])
  assert.deepEqual(store.snapshot().objects.Service, [mine])
  first.publish([service('pay')])
  assert.deepEqual(names(store.snapshot().objects.Service), ['shop/cart', 'shop/pay'])
  assert.equal(store.snapshot().objects.Service[0], yours)
  assert.deepEqual(changes.at(-1)?.updated, [{ before: mine, after: yours }])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionOf } from './http-session.ts'

test('sessionOf() gives a cookie that ends with the browser when nothing else is said', () => {
  assert.deepEqual(sessionOf({}), { kind: 'cookie', name: 'mizzen-session', path: '/', lifetimeMs: 0 })
  assert.deepEqual(sessionOf({ absoluteTimeout: '1h', sessionName: 'a' }), {
    kind: 'cookie',
    name: 'a',
    path: '/',
    lifetimeMs: 0,
  })
  assert.equal(sessionOf(undefined), undefined)
})

test('sessionOf() reads both forms that the API has had', () => {
  const hour = 3_600_000
  assert.deepEqual(sessionOf({ sessionName: 'a', absoluteTimeout: '1h', cookieConfig: { lifetimeType: 'Permanent' } }), {
    kind: 'cookie',
    name: 'a',
    path: '/',
    lifetimeMs: hour,
  })
  assert.deepEqual(sessionOf({ absoluteTimeout: '1h', cookie: { name: 'b', path: '/shop', lifetimeType: 'Permanent' } }), {
    kind: 'cookie',
    name: 'b',
    path: '/shop',
    lifetimeMs: hour,
  })
  assert.deepEqual(sessionOf({ type: 'Header', sessionName: 'x-a' }), { kind: 'header', name: 'x-a' })
  assert.deepEqual(sessionOf({ type: 'Header', header: { name: 'x-b' } }), { kind: 'header', name: 'x-b' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GuardOptions, isLoopback, refusal } from './guard.ts'

const LOCAL: GuardOptions = { names: [], exposed: false, token: undefined }
const EXPOSED: GuardOptions = { names: ['mesh.example'], exposed: true, token: 'secret' }
const json = { host: 'localhost:15080', 'content-type': 'application/json' }
type Asked = Parameters<typeof refusal>[0]
const statusOf = (asked: Omit<Asked, 'tells' | 'from'> & Partial<Asked>, options = LOCAL) =>
  refusal({ tells: true, from: '10.0.0.9', ...asked }, options)?.status

test('refusal() answers only for names of this machine, as DNS rebinding has other names', () => {
  const get = (host: string, options = LOCAL) => statusOf({ method: 'GET', headers: { host }, changes: false }, options)
  for (const host of ['localhost:15080', '127.0.0.1', '[::1]:15080', '192.168.1.7:15080'])
    assert.equal(get(host), undefined, host)
  for (const host of ['evil.example', 'localhost.evil.example:15080', '', 'mesh.example']) assert.equal(get(host), 421, host)
  assert.equal(get('mesh.example', EXPOSED), undefined)
})

test('refusal() turns away what a page of another site can send', () => {
  const post = (headers: Record<string, string>) => statusOf({ method: 'POST', headers: { ...json, ...headers }, changes: true })
  assert.equal(post({}), undefined)
  assert.equal(post({ origin: 'http://localhost:15080', 'sec-fetch-site': 'same-origin' }), undefined)
  assert.equal(post({ origin: 'http://evil.example' }), 403)
  assert.equal(post({ origin: 'null' }), 403)
  assert.equal(post({ origin: 'http://localhost:9999' }), 403)
  assert.equal(post({ 'sec-fetch-site': 'cross-site' }), 403)
  assert.equal(post({ 'content-type': 'text/plain' }), 415)
  assert.equal(statusOf({ method: 'PUT', headers: json, changes: true }), 405)
})

test('refusal() lets nobody change anything beyond localhost without the token', () => {
  const post = (authorization: string | undefined, options: GuardOptions, changes = true) =>
    statusOf({ method: 'POST', headers: { ...json, ...(authorization && { authorization }) }, changes }, options)
  assert.equal(post(undefined, EXPOSED), 403)
  assert.equal(post('Bearer wrong!', EXPOSED), 403)
  assert.equal(post('Bearer secret', EXPOSED), undefined)
  assert.equal(post(undefined, EXPOSED, false), undefined, 'what changes nothing is free')
  assert.equal(post('Bearer secret', { ...EXPOSED, token: undefined }), 403)
})

test('refusal() shows the mesh to nobody else in a network of strangers', () => {
  const secret: GuardOptions = { ...EXPOSED, secret: true }
  const get = (more: Partial<Asked>, headers = {}) =>
    statusOf({ method: 'GET', headers: { host: 'mesh.example', ...headers }, changes: false, ...more }, secret)
  assert.equal(get({}), 403)
  assert.equal(get({ from: '::ffff:127.0.0.1' }), undefined, 'who forwards the port comes from here')
  assert.equal(get({}, { authorization: 'Bearer secret' }), undefined)
  assert.equal(get({ tells: false }), undefined, 'metrics are for all')
})

test('isLoopback() knows the addresses that others cannot reach', () => {
  assert.deepEqual(['127.0.0.1', '127.1.2.3', '::1', 'localhost', '0.0.0.0', '::', '10.0.0.1'].map(isLoopback), [
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})

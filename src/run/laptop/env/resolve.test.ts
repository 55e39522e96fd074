import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EnvContext, type EnvSources, resolveEnv } from './resolve.ts'

const context: EnvContext = {
  pod: {
    name: 'cart-0',
    namespace: 'shop',
    uid: '1b9d6bcd',
    labels: { version: 'v1', 'app.kubernetes.io/name': 'cart' },
    annotations: { team: 'checkout' },
    serviceAccount: 'cart',
    podIP: '127.0.0.1',
    hostIP: '127.0.0.1',
    nodeName: 'laptop',
  },
  configMap: name =>
    name === 'settings'
      ? new Map([
          ['GREETING', 'hello'],
          ['LEVEL', 'debug'],
        ])
      : undefined,
  secret: name => (name === 'keys' ? new Map([['token', 's3cret']]) : undefined),
  base: new Map([
    ['PORT', '21002'],
    ['CART_SERVICE_HOST', '127.0.0.1'],
  ]),
  rewrite: (_name, value) => value,
}

function variables(sources: EnvSources, over: Partial<EnvContext> = {}): Record<string, string> {
  const { variables, problems } = resolveEnv(sources, { ...context, ...over })
  assert.deepEqual(problems, [])
  return Object.fromEntries(variables)
}
function problems(sources: EnvSources): readonly string[] {
  return resolveEnv(sources, context).problems
}

test('resolveEnv() expands a value with what precedes it, not with what follows', () => {
  const env = variables({
    env: [
      { name: 'EARLY', value: '$(LATE)' },
      { name: 'LATE', value: 'x' },
      { name: 'URL', value: 'http://$(CART_SERVICE_HOST):$(PORT)/$(LATE)' },
    ],
  })
  assert.equal(env['EARLY'], '$(LATE)')
  assert.equal(env['URL'], 'http://127.0.0.1:21002/x')
})

test('resolveEnv() reads the pod’s own fields', () => {
  const from = (fieldPath: string) => variables({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }] })['X']
  assert.equal(from('metadata.name'), 'cart-0')
  assert.equal(from('metadata.namespace'), 'shop')
  assert.equal(from("metadata.labels['app.kubernetes.io/name']"), 'cart')
  assert.equal(from("metadata.annotations['team']"), 'checkout')
  assert.equal(from("metadata.annotations['none']"), '')
  assert.equal(from('status.podIP'), '127.0.0.1')
  assert.equal(from('spec.serviceAccountName'), 'cart')
})

test('resolveEnv() lets env win over envFrom, and envFrom over what was there', () => {
  const env = variables({
    envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'S_', secretRef: { name: 'keys' } }],
    env: [
      { name: 'LEVEL', value: 'info' },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
    ],
  })
  assert.deepEqual(env, {
    PORT: '21002',
    CART_SERVICE_HOST: '127.0.0.1',
    GREETING: 'hello',
    LEVEL: 'info',
    S_token: 's3cret',
    KEY: 's3cret',
  })
})

test('resolveEnv() gives rewrite() the last word on the manifest’s values, also for those that build on them', () => {
  const env = variables(
    {
      env: [
        { name: 'PORT', value: '8080' },
        { name: 'BIND', value: ':$(PORT)' },
      ],
    },
    { rewrite: (name, value) => (name === 'PORT' && value === '8080' ? '21002' : value) },
  )
  assert.deepEqual([env['PORT'], env['BIND']], ['21002', ':21002'])
})

test('resolveEnv() passes over optional references to nothing', () => {
  const env = variables({
    envFrom: [{ configMapRef: { name: 'absent', optional: true } }],
    env: [{ name: 'MAYBE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'absent', optional: true } } }],
  })
  assert.ok(!('MAYBE' in env))
})

test('resolveEnv() names each reference to nothing and what there is', () => {
  assert.deepEqual(
    problems({
      envFrom: [{ secretRef: { name: 'absent' } }],
      env: [
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'absent', key: 'a' } } },
        { name: 'B', valueFrom: { configMapKeyRef: { name: 'settings', key: 'greeting' } } },
        { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'D', valueFrom: {} },
      ],
    }),
    [
      'Cannot read envFrom: there is no Secret "shop/absent"',
      'Cannot set env "A": there is no ConfigMap "shop/absent"',
      'Cannot set env "B": ConfigMap "shop/settings" has no key "greeting", expected one of "GREETING", "LEVEL"',
      'Cannot set env "C": resourceFieldRef "limits.cpu" has no meaning on this machine, expected a plain value',
      'Cannot set env "D": valueFrom is empty, expected fieldRef, configMapKeyRef or secretKeyRef',
    ],
  )
  assert.match(
    problems({ env: [{ name: 'E', valueFrom: { fieldRef: { fieldPath: 'metadata.nam' } } }] })[0] ?? '',
    /no field "metadata.nam"/,
  )
})

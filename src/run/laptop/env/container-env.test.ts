import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerPlan } from '../plan/pod-plan.ts'
import { type ContainerSurroundings, containerEnv } from './container-env.ts'

const container: ContainerPlan = {
  name: 'app',
  argv: ['node', 'server.js', '--port=$(PORT)', '$(UNKNOWN)'],
  workdir: '/shop',
  env: {},
  ports: [
    { name: undefined, number: 8080 },
    { name: 'http-admin', number: 9090 },
  ],
  startupProbe: undefined,
  readinessProbe: undefined,
  livenessProbe: undefined,
}
const around: ContainerSurroundings = {
  pod: {
    name: 'cart-0',
    namespace: 'shop',
    uid: 'u',
    labels: {},
    annotations: {},
    serviceAccount: 'cart',
    podIP: '127.0.0.1',
    hostIP: '127.0.0.1',
    nodeName: 'laptop',
  },
  grpcBootstrap: undefined,
  configMap: () => undefined,
  secret: () => undefined,
  inherited: {
    PATH: '/bin',
    HOME: '/home/me',
    HTTP_PROXY: 'http://company:3128',
    PORT: '3000',
    npm_config_x: '1',
    NODE_OPTIONS: '--inspect',
  },
  ports: new Map([
    [8080, 21002],
    [9090, 21003],
  ]),
  listenAddress: '127.0.0.1',
  httpProxy: 21005,
  preload: undefined,
  services: [
    { host: 'cache.shop.svc.cluster.local', service: { name: 'cache', namespace: 'shop' }, port: 6400, forward: 21010 },
    { host: 'catalog.shop.svc.cluster.local', service: { name: 'catalog', namespace: 'shop' }, port: 80, forward: undefined },
  ],
}

test('containerEnv() assigns ports, points at the proxy and keeps the terminal’s own variables away', () => {
  const { env, argv, notes, problems } = containerEnv(container, around)
  assert.deepEqual(env, {
    PATH: '/bin',
    HOME: '/home/me',
    HTTP_PROXY: 'http://127.0.0.1:21005',
    http_proxy: 'http://127.0.0.1:21005',
    HTTPS_PROXY: 'http://127.0.0.1:21005',
    https_proxy: 'http://127.0.0.1:21005',
    NO_PROXY: 'localhost,127.0.0.1,::1',
    no_proxy: 'localhost,127.0.0.1,::1',
    NODE_USE_ENV_PROXY: '1',
    HOSTNAME: 'cart-0',
    HOST: '127.0.0.1',
    PORT: '21002',
    PORT_8080: '21002',
    PORT_9090: '21003',
    PORT_HTTP_ADMIN: '21003',
    CACHE_SERVICE_HOST: '127.0.0.1',
    CACHE_SERVICE_PORT: '21010',
    CATALOG_SERVICE_HOST: 'catalog',
    CATALOG_SERVICE_PORT: '80',
  })
  assert.deepEqual(argv, ['node', 'server.js', '--port=21002', '$(UNKNOWN)'])
  assert.deepEqual([notes, problems], [[], []])
})

test('containerEnv() replaces container ports in port variables and addresses of forwarded services, and says so', () => {
  const env = [
    { name: 'PORT', value: '8080' },
    { name: 'ADMIN_PORT', value: '9090' },
    { name: 'TIMEOUT', value: '8080' },
    { name: 'OTHER_PORT', value: '7070' },
    { name: 'CACHE_ADDR', value: 'cache:6400' },
    { name: 'CATALOG_URL', value: 'http://catalog:80' },
    { name: 'LISTEN', value: '0.0.0.0:$(PORT)' },
  ]
  const result = containerEnv({ ...container, env: { env } }, around)
  assert.deepEqual(
    env.map(({ name }) => result.env[name]),
    ['21002', '21003', '8080', '7070', '127.0.0.1:21010', 'http://catalog:80', '0.0.0.0:21002'],
  )
  assert.deepEqual(result.notes, [
    'PORT=21002 (was "8080")',
    'ADMIN_PORT=21003 (was "9090")',
    'CACHE_ADDR=127.0.0.1:21010 (was "cache:6400")',
  ])
})

test('containerEnv() replaces a host and a port that are the address of a forwarded service together', () => {
  const env = [
    { name: 'CACHE_HOST', value: 'cache.shop' },
    { name: 'CACHE_PORT', value: '6400' },
    { name: 'CATALOG_HOST', value: 'catalog' },
    { name: 'CATALOG_PORT', value: '80' },
    { name: 'CACHE_URL', value: 'tcp://$(CACHE_HOST):$(CACHE_PORT)' },
    { name: 'LONELY_HOST', value: 'cache' },
  ]
  const result = containerEnv({ ...container, env: { env } }, around)
  assert.deepEqual(
    env.map(({ name }) => result.env[name]),
    ['127.0.0.1', '21010', 'catalog', '80', 'tcp://127.0.0.1:21010', 'cache'],
  )
  assert.equal(result.notes.length, 3)
})

test('containerEnv() leaves everything as the manifest says where the pod has its own network', () => {
  const ports = new Map([
    [8080, 8080],
    [9090, 9090],
  ])
  const services = around.services.map(service => ({ ...service, forward: undefined }))
  const own = { ...around, ports, services, httpProxy: undefined, listenAddress: undefined, inherited: {} }
  const { env } = containerEnv({ ...container, env: { env: [{ name: 'CACHE_ADDR', value: 'cache:6400' }] } }, own)
  assert.deepEqual(
    [env['PORT'], env['CACHE_ADDR'], env['HTTP_PROXY'], env['HOST'], env['CACHE_SERVICE_HOST']],
    ['8080', 'cache:6400', undefined, undefined, 'cache'],
  )
})

test('containerEnv() has trace headers handed on beside what the manifest wants of Node', () => {
  const preload = '/a folder/propagate.cjs'
  const plain = containerEnv(container, { ...around, preload })
  assert.equal(plain.env['NODE_OPTIONS'], '--require "/a folder/propagate.cjs"')
  const env = [{ name: 'NODE_OPTIONS', value: '--trace-warnings' }]
  const own = containerEnv({ ...container, env: { env } }, { ...around, preload })
  assert.equal(own.env['NODE_OPTIONS'], '--trace-warnings --require "/a folder/propagate.cjs"')
})

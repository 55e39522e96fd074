/** The proxy's own account of requests: /requests and /tap of the admin endpoint. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Listing } from '../../src/proxy/telemetry/recorder.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, listener } from './bootstrap.ts'
import { type Engine, startEngine } from './engine.ts'

describe('requests that are over', () => {
  let backend: Backend
  let engine: Engine

  before(async () => {
    backend = await startBackend()
    const routes = [
      { match: { prefix: '/dead' }, route: { cluster: 'dead', retryPolicy: { retryOn: 'connect-failure', numRetries: 1 } } },
      { match: { prefix: '/' }, route: { cluster: 'web' } },
    ]
    engine = await startEngine('mizzen', 1, ([port = 0], admin) =>
      bootstrap(admin, [listener('in', port, connectionManager(routes))], [cluster('web', [backend.http]), cluster('dead', [1])]),
    )
  })

  after(async () => {
    await engine[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()
  })

  const get = (path: string) => fetch(`http://127.0.0.1:${engine.ports[0]}${path}`)
  const admin = (path: string) => fetch(`http://127.0.0.1:${engine.admin}${path}`)

  const list = async (query = ''): Promise<Listing> => JSON.parse(await (await admin(`/requests${query}`)).text())

  it('are listed with their tries and a diagnosis, from where the reader left off', async () => {
    await get('/fine?secret=1')
    assert.equal((await get('/dead')).status, 503)
    const { next, requests } = await list()
    assert.deepEqual(
      requests.map(({ path, status }) => [path, status]),
      [
        ['/fine', 200],
        ['/dead', 503],
      ],
    )
    const [fine, dead] = requests
    assert.ok(fine && dead)
    assert.equal(fine.destination?.address, `127.0.0.1:${backend.http}`)
    assert.deepEqual(fine.pick, {
      policy: 'round robin',
      hosts: 1,
      healthy: 1,
      ejected: 0,
      weight: 1,
      priority: 0,
      locality: '//',
      secure: false,
    })
    assert.equal(dead.tries.length, 2)
    assert.deepEqual(dead.flags, ['URX', 'UF'])
    assert.equal(dead.diagnosis?.culprit, 'callee')
    assert.deepEqual((await list(`?since=${next}`)).requests, [])
    const failed = await list('?failed')
    assert.deepEqual([failed.requests.length, failed.requests[0]?.id], [1, dead.id])
  })

  it('can be watched as they end, by a filter', async () => {
    const left = new AbortController()
    const response = await fetch(`http://127.0.0.1:${engine.admin}/tap?failed&path=/dead`, { signal: left.signal })
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson')
    assert.ok(response.body)
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    assert.equal((await reader.read()).value, '\n')
    await get('/fine')
    await get('/dead?x=1')
    const { value = '' } = await reader.read()
    assert.deepEqual([JSON.parse(value).path, value.endsWith('}\n')], ['/dead', true])
    left.abort()
    await reader.read().catch(() => {})
  })

  it('are refused to filters that do not exist', async () => {
    const response = await admin('/tap?colour=red')
    assert.equal(response.status, 400)
    assert.match(await response.text(), /"colour", expected one of/)
  })
})

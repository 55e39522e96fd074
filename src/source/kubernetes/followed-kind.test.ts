import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { ApiServer } from '../../kubernetes/client/api-server.ts'
import { type WatchServer, watchServer } from '../../kubernetes/client/watch-server.testing.ts'
import { FollowedKind } from './followed-kind.ts'

const service = (name: string, resourceVersion: number) => ({
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { name, namespace: 'shop', uid: name, resourceVersion: String(resourceVersion) },
  spec: { ports: [{ port: 80 }] },
})

describe('FollowedKind.sync()', () => {
  let server: WatchServer
  let kind: FollowedKind
  beforeEach(async () => {
    server = await watchServer()
    server.items = [service('cart', 5)]
    server.version = '7'
    const api = new ApiServer(server.access)
    kind = new FollowedKind({ api, id: 'Service', path: '/api/v1/services', wanted: () => true, onChange() {} })
    while (!kind.isSettled) await wait(2)
  })
  afterEach(() => {
    kind.close()
    server.close()
  })

  /** Whether it has resolved a good while after the question was answered. */
  async function beginSync() {
    const signal = AbortSignal.timeout(10_000)
    let done = false
    const synced = kind.sync(signal).then(() => {
      done = true
    })
    while (server.seen.filter(each => each === 'list').length < 2) await wait(2)
    await wait(50)
    return { isDone: () => done, synced }
  }

  it('resolves when nothing has happened to the kind, however far the cluster is', async () => {
    server.version = '99'
    await kind.sync(AbortSignal.timeout(10_000))
  })

  it('waits for a change that the cluster has and the watch has not told yet', async () => {
    server.items = [service('cart', 9)]
    server.version = '9'
    const { isDone, synced } = await beginSync()
    assert.equal(isDone(), false)
    server.send('MODIFIED', service('cart', 9))
    await synced
  })

  it('waits until what is gone is forgotten', async () => {
    server.items = []
    server.version = '9'
    const { isDone, synced } = await beginSync()
    assert.equal(isDone(), false)
    server.send('DELETED', service('cart', 9))
    await synced
    assert.deepEqual(kind.objects(), [])
  })
})

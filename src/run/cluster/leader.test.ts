/** Who leads, when holders go, crash or lose the API server. A Lease's server is small enough to be played here. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { ApiServer } from '../../kubernetes/client/api-server.ts'
import { isRecord, textAt } from '../../kubernetes/client/raw-object.ts'
import { ManualClock } from '../../lib/clock.ts'
import { Leader } from './leader.ts'

let lease: Record<string, unknown> | undefined
let version = 0

const server = createServer((request, response) => {
  void text(request).then(body => {
    const sent: unknown = body === '' ? undefined : JSON.parse(body)
    const [found, asked] = [textAt(lease, 'metadata', 'resourceVersion'), textAt(sent, 'metadata', 'resourceVersion')]
    const conflict = request.method === 'POST' ? lease !== undefined : request.method === 'PUT' && asked !== found
    if (request.method === 'GET' && lease === undefined) response.writeHead(404).end('{}')
    else if (conflict) response.writeHead(409).end('{}')
    else {
      if (isRecord(sent)) lease = { ...sent, metadata: { resourceVersion: String(++version) } }
      response.writeHead(200).end(JSON.stringify(lease))
    }
  })
})

describe('Leader', () => {
  let api: ApiServer
  const clock = new ManualClock(0)

  before(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo // it listens on TCP
    const url = new URL(`http://127.0.0.1:${port}`)
    api = new ApiServer({ server: url, namespace: 'default', name: 'test', options: async () => ({}) })
  })

  after(() => {
    api.close()
    server.close()
    server.closeAllConnections()
  })

  const candidate = (identity: string) =>
    new Leader({ api, clock, namespace: 'istio-system', name: 'mizzen-leader', identity, onChange: () => {}, warn: () => {} })

  /** Timers run by the clock; answers come over a real connection. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1000) {
      clock.advance(1000)
      await wait(50)
    }
  }

  test('one of two leads; the other takes over at once when it goes, and after the Lease when it crashes', async () => {
    const first = candidate('first')
    await pass(1000)
    const second = candidate('second')
    await pass(30_000)
    assert.deepEqual([first.leading, second.leading], [true, false])
    await first.close()
    await pass(3000)
    assert.deepEqual([first.leading, second.leading], [false, true])
    await second.close()
    // Somebody else had it and crashed: the Lease stays as it is.
    lease = { ...lease, spec: { holderIdentity: 'crashed', leaseDurationSeconds: 15, renewTime: 'then' } }
    const third = candidate('third')
    await pass(10_000)
    assert.equal(third.leading, false)
    await pass(10_000)
    assert.equal(third.leading, true)
    await third.close()
  })
})

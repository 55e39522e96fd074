/** Following a list through all that a server and a network do to it. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { ApiError } from './api-error.ts'
import { ApiServer } from './api-server.ts'
import { type RawObject, textAt } from './raw-object.ts'
import { Reflector } from './reflector.ts'
import { type WatchServer, watchServer } from './watch-server.testing.ts'

const PATH = '/api/v1/services'
const named = (name: string, resourceVersion: string) => ({ kind: 'Service', metadata: { name, resourceVersion } })

describe('Reflector', () => {
  let server: WatchServer
  let api: ApiServer
  let reflector: Reflector<string>
  let known: Set<string>
  let lists: number
  let troubles: (ApiError | undefined)[]

  beforeEach(async () => {
    server = await watchServer()
    api = new ApiServer(server.access)
    known = new Set()
    lists = 0
    troubles = []
  })

  afterEach(() => {
    reflector.close()
    api.close()
    server.close()
  })

  function follow(): void {
    reflector = new Reflector<string>({
      api,
      path: PATH,
      random: () => 1,
      sink: {
        read: (object: RawObject) => textAt(object, 'metadata', 'name'),
        replace(all) {
          lists++
          known = new Set(all)
        },
        changed: name => known.add(name),
        removed: object => known.delete(textAt(object, 'metadata', 'name')),
        trouble: error => troubles.push(error),
      },
    })
  }

  async function until(what: string, holds: () => boolean): Promise<void> {
    for (let look = 0; look < 500; look++) {
      if (holds()) return
      await wait(10)
    }
    assert.fail(`${what}; requests: ${server.seen.join(' ')}`)
  }

  test('tells the list, then what changes', async () => {
    server.items = [named('cart', '1')]
    follow()
    await until('no watch', () => server.seen.length === 2)
    server.send('ADDED', named('catalog', '2'))
    server.send('DELETED', named('cart', '3'))
    await until('catalog alone', () => known.size === 1 && known.has('catalog'))
    assert.deepEqual(server.seen, ['list', '1'])
  })

  test('goes on where it was after a disconnection, and after the bookmark that it heard last', async () => {
    follow()
    await until('no watch', () => server.seen.length === 2)
    server.send('ADDED', named('cart', '7'))
    await until('no cart', () => known.has('cart'))
    server.cut(false)
    await until('no second watch', () => server.seen.length === 3)
    server.send('BOOKMARK', named('', '40'))
    await wait(50)
    server.cut(true)
    await until('no third watch', () => server.seen.length === 4)
    assert.deepEqual(server.seen, ['list', '1', '7', '40'])
    assert.equal(lists, 1)
    assert.deepEqual(
      troubles.filter(error => error !== undefined),
      [],
    )
  })

  for (const [how, expire] of [
    ['by an event', (it: WatchServer) => it.send('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })],
    [
      'by its answer',
      (it: WatchServer) => {
        it.refusals.push({ status: 410, reason: 'Expired', message: 'too old' })
        it.cut(true)
      },
    ],
  ] as const) {
    test(`reads the list again when the server says 410 Gone ${how}`, async () => {
      server.items = [named('cart', '1')]
      follow()
      await until('no watch', () => server.seen.length === 2)
      // What was deleted while nobody watched is missing from the new list.
      server.items = [named('catalog', '90')]
      server.version = '90'
      expire(server)
      await until('no second list', () => lists === 2)
      await until('no watch from there', () => server.seen.at(-1) === '90')
      assert.deepEqual([...known], ['catalog'])
    })
  }

  test('names the rule that is missing when it may not read, and reads when it may', async () => {
    const message =
      'services is forbidden: User "system:serviceaccount:istio-system:mizzen" cannot list resource "services" in API group "" at the cluster scope'
    server.refusals.push({ status: 403, reason: 'Forbidden', message })
    follow()
    await until('no trouble', () => troubles.length > 0)
    assert.match(
      String(troubles[0]?.message),
      /system:serviceaccount:istio-system:mizzen may not list services; .* \{apiGroups: \[""\], resources: \["services"\], verbs: \["list"\]\}/,
    )
    await until('still in trouble', () => lists === 1 && troubles.at(-1) === undefined)
  })

  test('keeps what it knows while there is no server', async () => {
    server.items = [named('cart', '1')]
    follow()
    await until('no watch', () => server.seen.length === 2)
    server.close()
    await until('no trouble', () => troubles.at(-1) !== undefined)
    assert.deepEqual([...known], ['cart'])
  })
})

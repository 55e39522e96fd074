/** The life of roots: made once, replaced with an overlap, by several control planes, through restarts and full disks. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { certificateRequest } from '../workload/request.ts'
import { makeKeyPair } from '../workload/signing.ts'
import { CertificateAuthority } from './authority.ts'
import { MemoryGenerations } from './memory-generations.testing.ts'
import { SelfSignedRoots } from './self-signed.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const CART = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'cart' }

function world() {
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const store = new MemoryGenerations()
  const open = () =>
    SelfSignedRoots.open({ store, clock, trustDomain: 'cluster.local', longestLeafMs: DAY_MS, rootLifetimeMs: 100 * DAY_MS })
  return { clock, store, open }
}

/** A certificate of now, and the roots that its bearer heard of. */
async function member(source: SelfSignedRoots, clock: ManualClock) {
  const authority = new CertificateAuthority({ source, clock, longestLifetimeMs: DAY_MS })
  const { chain, roots, until } = authority.sign(
    certificateRequest(await makeKeyPair('ecdsa-p256'), 'spiffe://cluster.local/ns/shop/sa/cart'),
    CART,
    DAY_MS,
  )
  return { certificate: new X509Certificate(chain[0] ?? ''), roots: roots.map(root => new X509Certificate(root)), until }
}

type Member = Awaited<ReturnType<typeof member>>
const trusts = (a: Member, b: Member) => a.roots.some(root => b.certificate.verify(root.publicKey))

describe('SelfSignedRoots', () => {
  test('finds the root of before, and one of two who start at once takes over that of the other', async () => {
    const { store, open } = world()
    const first = await open()
    const again = await open()
    assert.deepEqual(again.current.roots, first.current.roots)
    const late = world()
    late.store.before = () => {
      late.store.newest = store.newest
    }
    assert.deepEqual((await late.open()).current.roots, first.current.roots)
  })

  test('replaces a root so that at each hour any two live certificates trust each other', async () => {
    const { clock, open } = world()
    let source = await open()
    const [before = ''] = source.current.roots
    clock.advance(79 * DAY_MS)
    assert.equal(source.due, false)
    let members: Member[] = []
    for (let hour = 0; hour < 6 * 24; hour += 6) {
      clock.advance(6 * HOUR_MS)
      // Each is restarted in the middle of everything, and another one looks on.
      source = await open()
      await source.advance()
      members = [...members.filter(({ until }) => until > clock.now()), await member(source, clock)]
      for (const a of members) for (const b of members) assert(trusts(a, b), `after ${hour} hours`)
    }
    assert.equal(source.current.roots.length, 1)
    assert.notEqual(source.current.roots[0], before)
  })

  test('advance() by two control planes at once adds one root', async () => {
    const { clock, store, open } = world()
    const [one, other] = [await open(), await open()]
    clock.advance(85 * DAY_MS)
    await Promise.all([one.advance(), other.advance()])
    await one.refresh()
    await other.refresh()
    assert.equal(one.current.roots.length, 2)
    assert.deepEqual(one.current.roots, other.current.roots)
    assert.equal(store.newest?.number, 2)
  })

  test('advance() on a full disk fails, goes on with the root of before, and succeeds when there is room', async () => {
    const { clock, store, open } = world()
    const source = await open()
    const before = source.current.roots
    clock.advance(85 * DAY_MS)
    store.full = true
    await assert.rejects(source.advance(), /ENOSPC/)
    assert.deepEqual(source.current.roots, before)
    assert((await member(source, clock)).certificate.verify(new X509Certificate(before[0] ?? '').publicKey))
    store.full = false
    await source.advance()
    assert.equal(source.current.roots.length, 2)
  })

  test('replace() begins a replacement at once, and does nothing while one is under way', async () => {
    const { open } = world()
    const source = await open()
    await source.replace()
    await source.replace()
    assert.equal(source.current.roots.length, 2)
  })

  test('refresh() makes no new list of what is revoked while nothing has changed, and one in time before it ends', async () => {
    const { clock, open } = world()
    const source = await open()
    await source.revoke('0a')
    const { revoked } = source.current
    clock.advance(2000)
    await source.refresh()
    assert.equal(source.current.revoked, revoked)
    clock.advance(91 * DAY_MS)
    await source.refresh()
    assert.notEqual(source.current.revoked, revoked)
  })

  test('open() names what is wrong with a stored document', async () => {
    const { store, open } = world()
    store.newest = { number: 1, text: '{"roots":[]}' }
    await assert.rejects(open(), /Cannot read the stored roots: expected a list "revoked"|expected at least one/)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Denial, Denials, denialText } from './denials.ts'

const denial = (id: string, more: Partial<Denial> = {}): Denial => ({
  id,
  time: '2026-01-01T00:00:00.000Z',
  method: 'GET',
  authority: 'cart',
  path: '/',
  remoteAddress: '10.0.0.1',
  principals: [],
  policy: undefined,
  nearest: [],
  ...more,
})

describe('Denials', () => {
  it('list() gives the latest first, and forgets the oldest of more than 256', () => {
    const denials = new Denials()
    for (let i = 0; i < 300; i++) denials.add(denial(String(i)))
    const ids = denials.list().map(({ id }) => id)
    assert.equal(ids.length, 256)
    assert.equal(ids[0], '299')
    assert.equal(ids.at(-1), '44')
  })

  it('list() finds a request by its id', () => {
    const denials = new Denials()
    denials.add(denial('a'))
    denials.add(denial('b', { policy: 'ns[shop]-policy[deny]-rule[0]' }))
    assert.deepEqual(
      denials.list('b').map(({ policy }) => policy),
      ['ns[shop]-policy[deny]-rule[0]'],
    )
    assert.deepEqual(denials.list('c'), [])
  })

  it('denialText() names the rule that denied, or the nearest one and what it lacks', () => {
    assert.equal(denialText(denial('a', { policy: 'p' })), 'request a: policy p denies it')
    assert.equal(
      denialText(denial('', { nearest: [{ policy: 'p', lacks: 'source' }] })),
      'no policy allows it; nearest is p, which lacks the source',
    )
    assert.equal(denialText(denial('a')), 'request a: no policy allows it')
  })
})

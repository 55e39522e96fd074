import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { Metadata } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { denialLog } from './denial-log.ts'
import { DenialNotes } from './denial-notes.ts'
import { type DenialFacts, Denials, denialText } from './denials.ts'

const RULE = 'ns[shop]-policy[cart]-rule[0]'

const facts = (more: Partial<DenialFacts> = {}): DenialFacts => ({
  by: 'access',
  status: 403,
  request: { id: 'r1', method: 'GET', authority: 'cart', path: '/items' },
  remoteAddress: '10.0.0.1',
  port: 8080,
  principals: [],
  reason: 'no policy allows it',
  policy: undefined,
  ...more,
})

const noted = (tell: readonly string[] = []) => {
  const notes = new DenialNotes()
  const rule = { origin: 'AuthorizationPolicy shop/cart', rule: 'rules[0]', file: 'cart.yaml', line: 12, lines: { methods: 15 } }
  notes.put('in', Metadata.fromPartial({ filterMetadata: { 'mizzen.dev': { rules: { [RULE]: rule }, tell } } }))
  return notes
}

const lack = { half: 'operation', field: 'methods', wanted: 'GET or HEAD', found: 'the request has "POST"' } as const

describe('Denials', () => {
  it('list() gives the latest first, and forgets the oldest of more than 256', () => {
    const denials = new Denials(new DenialNotes(), () => {})
    const made = Array.from({ length: 300 }, () => denials.add(facts()).id)
    const ids = denials.list().map(({ id }) => id)
    assert.deepEqual(ids, made.slice(44).reverse())
    assert.equal(new Set(ids).size, 256)
  })

  it('list() finds a denial by its own id and by that of the request', () => {
    const denials = new Denials(new DenialNotes(), () => {})
    denials.add(facts())
    const { id } = denials.add(facts({ request: { id: 'r2', method: 'GET', authority: 'cart', path: '/' } }))
    assert.deepEqual(
      [id, 'r2'].map(asked => denials.list(asked).map(denial => denial.id)),
      [[id], [id]],
    )
    assert.deepEqual(denials.list('r3'), [])
  })

  it('toJSON() tells where the rule stands, and the field that failed', () => {
    const denials = new Denials(noted(), () => {})
    const denial = denials.add(facts({ nearest: () => [{ policy: RULE, lacks: [lack] }] }))
    const { nearest } = JSON.parse(JSON.stringify(denial))
    assert.deepEqual(nearest, [
      {
        name: RULE,
        object: 'AuthorizationPolicy shop/cart',
        rule: 'rules[0]',
        file: 'cart.yaml',
        line: 12,
        lacks: [{ ...lack, line: 15 }],
      },
    ])
  })

  it('nearest is not looked for before somebody asks, and then once', () => {
    let asked = 0
    const denial = new Denials(noted(), () => {}).add(facts({ nearest: () => [{ policy: RULE, lacks: [lack].slice(asked++) }] }))
    assert.equal(asked, 0)
    assert.equal(denial.nearest, denial.nearest)
    assert.equal(asked, 1)
  })

  it('denialText() names the rule that denied, or the nearest one and the field that failed', () => {
    const denials = new Denials(noted(), () => {})
    const text = (more: Partial<DenialFacts>) => denialText(denials.add(facts(more))).replace(/^\S+: /, '')
    const request = 'GET cart/items of request r1 from 10.0.0.1: '
    assert.equal(
      text({ policy: RULE, reason: 'a policy denies it' }),
      `${request}AuthorizationPolicy shop/cart rules[0] (cart.yaml:12) denies it`,
    )
    assert.equal(
      text({ nearest: () => [{ policy: RULE, lacks: [lack, lack] }] }),
      `${request}no policy allows it; nearest is AuthorizationPolicy shop/cart rules[0] (cart.yaml:12), which wants methods GET or HEAD; the request has "POST", and 1 more`,
    )
    assert.equal(text({}), `${request}no policy allows it`)
    assert.equal(
      text({ by: 'token', reason: 'Jwt is expired', policy: 'origins-0' }),
      `${request}Jwt is expired, as origins-0 asks`,
    )
    assert.equal(text({ request: undefined, status: 0 }), 'connection to port 8080 from 10.0.0.1: no policy allows it')
  })
})

describe('DenialNotes', () => {
  it('reference() knows a rule by its name alone where nothing is noted, and one that picks requests out for an authorizer', () => {
    const notes = noted()
    assert.deepEqual(notes.reference('ns[a]-policy[b]-rule[2]'), {
      name: 'ns[a]-policy[b]-rule[2]',
      object: 'AuthorizationPolicy a/b',
      rule: 'rules[2]',
      file: '',
      line: 0,
    })
    assert.equal(notes.reference(`istio-ext-authz-opa-${RULE}`).file, 'cart.yaml')
  })

  it('tells() nobody unless it is noted, and then those whose service account fits', () => {
    const cart = ['spiffe://cluster.local/ns/shop/sa/cart']
    const told = (tell: readonly string[], principals?: readonly string[]) => noted(tell).tells(principals)
    assert.equal(told([], cart), false)
    assert.equal(told(['shop/cart'], cart), true)
    assert.equal(told(['shop/*'], cart), true)
    assert.equal(told(['*/cart'], cart), true)
    assert.equal(told(['shop/web', 'ops/*'], cart), false)
    assert.equal(told(['shop/cart']), false)
    assert.equal(told(['*']), true)
  })

  it('put() forgets what a listener that is gone had noted', () => {
    const notes = noted(['*'])
    notes.put('in', undefined)
    assert.equal(notes.tells(undefined), false)
    assert.equal(notes.reference(RULE).file, '')
  })
})

describe('denialLog()', () => {
  it('writes a few lines a second, and then how many there were more', () => {
    const clock = new ManualClock()
    const lines: string[] = []
    const denials = new Denials(
      noted(),
      denialLog((_level, _component, message) => lines.push(message), clock),
    )
    for (let i = 0; i < 20; i++) denials.add(facts())
    assert.equal(lines.length, 5)
    clock.advance(1000)
    denials.add(facts())
    assert.equal(lines.length, 7)
    assert.match(lines[5] ?? '', /^15 more; /)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { withoutEnvoy } from './envoy.ts'
import { type Ask, decode, type EnvoyJudge, type Outcome, outcomeOf, startEnvoyJudge } from './routing.ts'
import { CASES, type Want } from './routing-cases.ts'

const rows = CASES.flatMap(({ name, config, rows }, index) =>
  rows.map(([request, want]) => {
    const ask: Ask = typeof request === 'string' ? { path: request } : request
    return {
      index,
      config,
      ask,
      want,
      title: `${name}: ${ask.method ?? 'GET'} ${ask.path} ${ask.host ?? ''} ${JSON.stringify(ask.headers ?? {})}`,
    }
  }),
)

/** Only the fields that the row speaks of. */
function check(actual: Outcome, want: Want, ask: Ask): void {
  const expected: Outcome =
    typeof want === 'number'
      ? { status: want, body: '', response: {} }
      : typeof want === 'string'
        ? {
            status: 200,
            cluster: want,
            path: ask.path,
            host: ask.host ?? 'shop.example',
            request: {},
            response: { 'x-t-upstream': 'yes' },
          }
        : want
  const compared = Object.fromEntries(Object.entries(actual).filter(([field]) => field in expected))
  assert.deepEqual(compared, expected)
}

describe('compileRoutes()', () => {
  for (const { title, config, ask, want } of rows)
    test(`compileRoutes() decides as expected: ${title}`, () => check(outcomeOf(decode(config), ask), want, ask))
})

describe('Envoy', { skip: withoutEnvoy }, () => {
  let judge: EnvoyJudge
  before(async () => {
    judge = await startEnvoyJudge(CASES.map(({ config }) => config))
  })
  after(() => judge.stop())
  for (const { title, index, config, ask, want } of rows)
    test(`Envoy agrees: ${title}`, async () => {
      const actual = await judge.outcomeOf(index, ask)
      check(actual, want, ask)
      // Beyond what the row speaks of, the two must not differ either.
      assert.deepEqual(outcomeOf(decode(config), ask), actual)
    })
})

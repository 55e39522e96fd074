import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../lib/random.ts'
import { HTTPFault } from '../../xds/gen/envoy/extensions/filters/http/fault/v3/fault.ts'
import { type JsonValue, jsonToBytes } from '../../xds/wire/json.ts'
import { HeaderList } from '../http/headers.ts'
import { compileFault, FAULT, faultOf } from './fault-rule.ts'

const config = (json: { [key: string]: JsonValue }) => HTTPFault.decode(jsonToBytes(FAULT, json))
const head = {
  protocol: 'HTTP/1.1',
  method: 'GET',
  scheme: 'http',
  authority: 'a',
  path: '/',
  headers: new HeaderList(),
  upgrade: undefined,
} as const

test('compileFault() delays and aborts the fractions that are asked for, independent of each other', () => {
  const rule = compileFault(
    config({
      delay: { fixedDelay: '1.5s', percentage: { numerator: 30 } },
      abort: { httpStatus: 503, percentage: { numerator: 2500, denominator: 'TEN_THOUSAND' } },
    }),
  )
  const random = seededRandom(1)
  let delayed = 0
  let aborted = 0
  let both = 0
  for (let i = 0; i < 20_000; i++) {
    const fault = rule.decide(head, 'c', random)
    if (fault?.delayMs === 1500) delayed++
    if (fault?.abort?.status === 503) aborted++
    if (fault?.delayMs && fault.abort) both++
  }
  assert.ok(Math.abs(delayed / 20_000 - 0.3) < 0.015, `${delayed} delayed`)
  assert.ok(Math.abs(aborted / 20_000 - 0.25) < 0.015, `${aborted} aborted`)
  assert.ok(Math.abs(both / 20_000 - 0.075) < 0.01, `${both} both`)
})

test('compileFault() throws on what it cannot inject', () => {
  const cases: [{ [key: string]: JsonValue }, RegExp][] = [
    [{ abort: { httpStatus: 100 } }, /http_status is 100, expected 200 to 599/],
    [{ abort: { headerAbort: {} } }, /abort has headerAbort, expected http_status or grpc_status/],
    [{ delay: { headerDelay: {} } }, /delay has headerDelay, expected fixed_delay/],
    [{ delay: { fixedDelay: '0s' } }, /fixed_delay is 0 ms, expected more than 0/],
    [{ responseRateLimit: { fixedLimit: { limitKbps: '1' } } }, /response_rate_limit is not supported/],
  ]
  for (const [json, message] of cases) assert.throws(() => compileFault(config(json)), message)
})

test('faultOf() reads the settings of a route once', () => {
  const value = HTTPFault.encode(config({ maxActiveFaults: 3 })).finish()
  const override = { typeUrl: `type.googleapis.com/${FAULT}`, value, disabled: false }
  assert.equal(faultOf(override).maxActive, 3)
  assert.equal(faultOf(override), faultOf(override))
})

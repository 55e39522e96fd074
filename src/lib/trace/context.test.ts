import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readB3, writeB3 } from './b3.ts'
import { randomId } from './ids.ts'
import { requestIdDraw, traceReason, withTraceReason } from './request-id.ts'
import { formatTraceparent, parseTraceparent } from './w3c.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

describe('W3C traceparent', () => {
  it('parseTraceparent() reads what formatTraceparent() writes', () => {
    const context = { traceId: TRACE, spanId: SPAN, sampled: true }
    assert.equal(formatTraceparent(context), `00-${TRACE}-${SPAN}-01`)
    assert.deepEqual(parseTraceparent(formatTraceparent(context)), context)
  })
  it('parseTraceparent() follows a later version, with fields it does not know', () => {
    assert.deepEqual(parseTraceparent(`01-${TRACE}-${SPAN}-00-more`), { traceId: TRACE, spanId: SPAN, sampled: false })
  })
  for (const [name, text] of [
    ['no header', undefined],
    ['the version that is none', `ff-${TRACE}-${SPAN}-01`],
    ['more fields than version 00 has', `00-${TRACE}-${SPAN}-01-x`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['two headers in one', `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`],
  ] as const)
    it(`parseTraceparent() does not follow ${name}`, () => assert.equal(parseTraceparent(text), undefined))
})

describe('B3', () => {
  const read = (headers: Record<string, string>) => readB3(name => headers[name])
  const context = (sampled: boolean | undefined) => ({ context: { traceId: TRACE, spanId: SPAN, sampled }, sampled })

  it('readB3() reads one field', () => {
    assert.deepEqual(read({ b3: `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90` }), context(true))
    assert.deepEqual(read({ b3: `${TRACE}-${SPAN}` }), context(undefined))
    assert.deepEqual(read({ b3: `${TRACE}-${SPAN}-d` }), context(true))
    assert.deepEqual(read({ b3: '0' }), { context: undefined, sampled: false })
  })
  it('readB3() reads several fields', () => {
    const ids = { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN }
    assert.deepEqual(read({ ...ids, 'x-b3-sampled': '0' }), context(false))
    assert.deepEqual(read({ ...ids, 'x-b3-sampled': '0', 'x-b3-flags': '1' }), context(true))
    assert.deepEqual(read({ 'x-b3-traceid': TRACE }), { context: undefined, sampled: undefined })
  })
  it('readB3() keeps a short trace id short', () => {
    assert.equal(read({ b3: `${SPAN}-${SPAN}-1` }).context?.traceId, SPAN)
  })
  it('writeB3() writes several fields, or the one that the caller uses', () => {
    const written = (single: boolean) => {
      const headers: Record<string, string> = {}
      writeB3(
        (name, value) => (headers[name] = value),
        { traceId: TRACE, spanId: SPAN, sampled: true },
        '05e3ac9a4f6e3b90',
        single,
      )
      return headers
    }
    const several = {
      'x-b3-traceid': TRACE,
      'x-b3-spanid': SPAN,
      'x-b3-parentspanid': '05e3ac9a4f6e3b90',
      'x-b3-sampled': '1',
    }
    assert.deepEqual(written(false), several)
    assert.deepEqual(written(true), { b3: `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90` })
  })
})

describe('sampling by request id', () => {
  const id = 'a28f8b14-5f3c-4d2e-9c1b-0123456789ab'
  it('withTraceReason() and traceReason() agree', () => {
    assert.equal(traceReason(id), 'none')
    for (const reason of ['none', 'sampled', 'forced', 'client'] as const)
      assert.equal(traceReason(withTraceReason(id, reason)), reason)
  })
  it('withTraceReason() leaves alone what is no UUID', () => assert.equal(withTraceReason('mine', 'sampled'), 'mine'))
  it('requestIdDraw() is the first eight digits, modulo 10,000', () => {
    assert.equal(requestIdDraw(id), 0xa28f8b14 % 10_000)
    assert.equal(requestIdDraw('mine'), undefined)
  })
})

it('randomId() gives ids of the length asked for, each another', () => {
  const ids = Array.from({ length: 1000 }, () => randomId(16))
  assert.equal(new Set(ids).size, 1000)
  assert.ok(ids.every(id => /^[0-9a-f]{32}$/.test(id)))
  assert.match(randomId(8), /^[0-9a-f]{16}$/)
})

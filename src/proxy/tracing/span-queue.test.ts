import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import type { Span } from './span.ts'
import { SpanQueue, TracingStats } from './span-queue.ts'

const SPAN: Span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: '',
  traceState: '',
  name: 'test',
  kind: 'client',
  startMs: 0,
  endMs: 1,
  tags: new Map(),
  failed: false,
  localAddress: '',
  localPort: 0,
}

function setUp() {
  const clock = new ManualClock()
  const stats = new TracingStats()
  const reports: { readonly count: number; readonly done: (error: string | undefined) => void }[] = []
  const lost: string[] = []
  const queue = new SpanQueue(
    (spans, done) => reports.push({ count: spans.length, done }),
    stats,
    clock,
    reason => lost.push(reason),
  )
  const report = (times: number) => {
    for (let i = 0; i < times; i++) queue.report(SPAN)
  }
  return { clock, stats, reports, lost, queue, report }
}

describe('SpanQueue', () => {
  it('report() sends what is gathered within a second', () => {
    const { clock, stats, reports, report } = setUp()
    report(3)
    assert.equal(reports.length, 0)
    clock.advance(1000)
    assert.deepEqual(
      reports.map(({ count }) => count),
      [3],
    )
    reports[0]?.done(undefined)
    assert.deepEqual({ ...stats }, { spans_sent: 3, spans_dropped: 0, reports_sent: 1, reports_dropped: 0, timer_flushed: 1 })
  })

  it('report() sends a full report at once, one after the other', () => {
    const { reports, report } = setUp()
    report(600)
    assert.deepEqual(
      reports.map(({ count }) => count),
      [256],
    )
    reports[0]?.done(undefined)
    assert.deepEqual(
      reports.map(({ count }) => count),
      [256, 256],
    )
  })

  it('report() drops and counts what finds no room while the collector does not answer', () => {
    const { stats, reports, report } = setUp()
    report(256 + 2048 + 7)
    assert.equal(reports.length, 1)
    assert.equal(stats.spans_dropped, 7)
  })

  it('report() drops and counts a report that did not arrive, and goes on', () => {
    const { clock, stats, reports, lost, report } = setUp()
    report(2)
    clock.advance(1000)
    reports[0]?.done('no connection')
    assert.deepEqual(lost, ['no connection'])
    assert.equal(stats.spans_dropped, 2)
    report(1)
    clock.advance(1000)
    reports[1]?.done(undefined)
    assert.equal(stats.spans_sent, 1)
  })

  it('flush() resolves when everything has been tried', async () => {
    const { reports, queue, report } = setUp()
    await queue.flush()
    report(300)
    const flushed = queue.flush()
    reports[0]?.done(undefined)
    reports[1]?.done('gone')
    await flushed
    assert.equal(reports.length, 2)
  })
})

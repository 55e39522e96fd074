import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testRecord } from '../telemetry/record.testing.ts'
import { ConnectionNotes } from '../tracing/connection-notes.ts'
import type { Span } from '../tracing/span.ts'
import { ConnectionSpans } from './connection-spans.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'

function setUp() {
  const spans: Span[] = []
  const record = testRecord()
  const made = new ConnectionSpans(record, { report: span => spans.push(span) })
  const notes = new ConnectionNotes()
  notes.watch(4000, { noted: note => made.begin(note) })
  const put = (span: string, flags = '01') => notes.put(`4000 00-${TRACE}-${span}-${flags} ${Date.now()}`)
  return { spans, record, made, notes, put }
}

test('ConnectionSpans makes a span for each request that uses the connection, with the bytes that moved meanwhile', () => {
  const { spans, record, made, put } = setUp()
  put('b7ad6b7169203331')
  record.bytesReceived += 10
  record.bytesSent += 70
  made.moved()
  put('b7ad6b7169203331')
  put('00f067aa0ba902b7')
  record.bytesReceived += 5
  made.end('UC')
  assert.deepEqual(
    spans.map(({ traceId, parentSpanId, kind, failed, tags }) => [
      traceId,
      parentSpanId,
      kind,
      failed,
      tags.get('request_size'),
      tags.get('response_size'),
    ]),
    [
      [TRACE, 'b7ad6b7169203331', 'client', false, '10', '70'],
      [TRACE, '00f067aa0ba902b7', 'client', true, '5', '0'],
    ],
  )
})

test('ConnectionSpans makes none of what is not sampled, and none after the end', () => {
  const { spans, made, put } = setUp()
  put('b7ad6b7169203331', '00')
  made.end('')
  made.end('')
  assert.deepEqual(spans, [])
})

test('ConnectionNotes keeps a note for a connection that is not there yet, and passes over what is none', () => {
  const notes = new ConnectionNotes()
  const heard: string[] = []
  for (const text of ['', 'x', '70000000 y', '5000 nothing 1']) notes.put(text)
  notes.put(`5000 00-${TRACE}-b7ad6b7169203331-01 ${Date.now()}`)
  const end = notes.watch(5000, { noted: note => heard.push(note.parentSpanId) })
  end()
  notes.watch(5000, { noted: note => heard.push(note.parentSpanId) })
  assert.deepEqual(heard, ['b7ad6b7169203331'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testRecord } from './record.testing.ts'
import { Recorder } from './recorder.ts'
import { tellStory } from './story.ts'
import { storyFilter } from './story-filter.ts'

test('tellStory() tells who asked, what became of it and when, and keeps secrets of the query back', () => {
  const record = testRecord({
    headers: ['traceparent', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`],
    peer: { uriSans: ['spiffe://cluster.local/ns/shop/sa/web'], subject: 'OU=app~web,OU=workload~web-v1,OU=namespace~lies' },
  })
  const story = tellStory(record, 7)
  assert.equal(story.seq, 7)
  assert.equal(story.id, 'id-1')
  assert.equal(story.path, '/items')
  assert.deepEqual(story.trace, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) })
  assert.deepEqual(story.source, {
    address: '10.0.0.9:4000',
    workload: 'web-v1',
    namespace: 'shop',
    app: 'web',
    principal: 'spiffe://cluster.local/ns/shop/sa/web',
  })
  assert.deepEqual([story.failed, story.endedBy, story.durationMs, story.diagnosis], [false, 'upstream', 12, undefined])
})

test('tellStory() lists former tries, and diagnoses what failed', () => {
  const record = testRecord({ status: 503 })
  record.upstreamStartedAt = record.startedAt + 1
  record.attempts = 2
  record.tryOver(0, 'delayed connect error: Connection refused')
  record.transportFailure = 'delayed connect error: Connection refused'
  record.details = 'upstream_reset_before_response_started{remote_connection_failure}'
  record.addFlag('UF')
  const story = tellStory(record, 1)
  assert.deepEqual(
    story.tries.map(({ status, reason }) => [status, reason]),
    [
      [0, 'delayed connect error: Connection refused'],
      [0, 'delayed connect error: Connection refused'],
    ],
  )
  assert.equal(story.endedBy, 'proxy')
  assert.equal(story.diagnosis?.culprit, 'callee')
  assert.match(story.diagnosis?.sentence ?? '', /^Nothing of the callee listens on its address: start it/)
})

test('Recorder.list() gives stories in order, once, and keeps some of many', () => {
  const recorder = new Recorder(1000)
  recorder.over(testRecord())
  recorder.over(testRecord({ status: 500 }))
  const first = recorder.list(0)
  assert.deepEqual(
    first.requests.map(({ status }) => status),
    [200, 500],
  )
  recorder.over(testRecord({ status: 404 }))
  assert.deepEqual(
    recorder.list(first.next).requests.map(({ status }) => status),
    [404],
  )
  const unread = new Recorder(1000)
  for (let i = 0; i < 1000; i++) unread.over(testRecord())
  const { requests, skipped } = unread.list(0)
  assert.equal(requests.length + skipped, 1000)
  assert.ok(requests.length < 256, `${requests.length} were kept`)
})

test('storyFilter() passes what all parameters name, and refuses what it does not know', () => {
  const matches = (query: string, record = testRecord({ status: 503 })) => storyFilter(new URLSearchParams(query))(record, true)
  assert.equal(matches('status=5xx&method=get&path=/it&authority=cart&id=id-1&failed&side=outbound&from=10.0'), true)
  for (const query of ['status=4xx', 'status=<500', 'method=POST', 'path=/other', 'authority=web', 'to=web', 'side=inbound'])
    assert.equal(matches(query), false, query)
  assert.equal(matches('status=>=400'), true)
  assert.throws(() => storyFilter(new URLSearchParams('colour=red')), /"colour", expected one of failed, id/)
  assert.throws(() => storyFilter(new URLSearchParams('status=many')), /status "many", expected 503/)
})

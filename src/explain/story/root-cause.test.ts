import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Story } from '../../proxy/telemetry/story.ts'
import type { PodStory } from './pod-story.ts'
import { isConsequence, lastFailure, problems } from './root-cause.ts'

/** @param from, took milliseconds */
function told(
  pod: string,
  side: Story['side'],
  id: string,
  [from, took]: readonly [number, number],
  more: Partial<Story> = {},
): PodStory {
  const story: Story = {
    seq: from,
    id,
    time: new Date(1_700_000_000_000 + from).toISOString(),
    durationMs: took,
    side,
    protocol: 'HTTP/1.1',
    status: 502,
    flags: [],
    details: 'via_upstream',
    endedBy: 'upstream',
    failed: true,
    source: { address: '10.0.0.1:1' },
    listener: { address: '10.0.0.1:80', serverName: '' },
    mutualTls: true,
    tries: [],
    timings: {},
    bytesReceived: 0,
    bytesSent: 0,
    ...more,
  }
  return { pod, workload: pod.replace(/-\d+$/, ''), story }
}

const BY_PROXY = { endedBy: 'proxy', details: 'no_healthy_upstream', flags: ['UH'], status: 503 } as const
const CHAIN = [
  told('shop/web-0', 'outbound', 'a', [0, 50]),
  told('shop/orders-0', 'inbound', 'a', [2, 46]),
  told('shop/orders-0', 'outbound', 'b', [10, 20], BY_PROXY),
]

test('lastFailure() follows a failure from its caller to the proxy where it began', () => {
  const names = (chain: readonly PodStory[]) => chain.map(({ pod, story }) => `${pod} ${story.side}`)
  const wanted = ['shop/web-0 outbound', 'shop/orders-0 inbound', 'shop/orders-0 outbound']
  assert.deepEqual(names(lastFailure(CHAIN)), wanted)
  const earlier = told('shop/cart-0', 'outbound', 'c', [-500, 20], BY_PROXY)
  assert.deepEqual(names(lastFailure([earlier, ...CHAIN])), wanted)
  assert.deepEqual(names(lastFailure([...CHAIN, told('shop/cart-0', 'outbound', 'c', [900, 20], BY_PROXY)])), [
    'shop/cart-0 outbound',
  ])
  assert.deepEqual(lastFailure([]), [])
  assert.deepEqual(lastFailure([told('shop/web-0', 'outbound', 'd', [0, 1], { failed: false })]), [])
})

test('lastFailure() does not mix requests of two traces', () => {
  const trace = (traceId: string) => ({ trace: { traceId, spanId: '1' } })
  const chain = lastFailure([
    told('shop/orders-0', 'inbound', 'a', [0, 50], trace('1')),
    told('shop/orders-0', 'outbound', 'b', [10, 20], { ...BY_PROXY, ...trace('2') }),
  ])
  assert.equal(chain.length, 1)
})

test('lastFailure() does not blame a caller whose proxy gave up, which ends the other side later', () => {
  const gaveUp = told('shop/web-0', 'outbound', 'a', [0, 20], { ...BY_PROXY, flags: ['UT'], details: 'response_timeout' })
  const left = told('shop/cart-0', 'inbound', 'a', [2, 40], {
    endedBy: 'client',
    flags: ['DC'],
    details: 'downstream_remote_reset',
  })
  assert.deepEqual(lastFailure([gaveUp, left]), [gaveUp])
  assert.equal(isConsequence(left, [gaveUp, left]), true)
  assert.deepEqual(lastFailure([left]), [left])
})

test('isConsequence() tells what follows from what', () => {
  assert.deepEqual(
    CHAIN.map(each => isConsequence(each, CHAIN)),
    [true, true, false],
  )
})

test('problems() counts failures of one cause together, and keeps the latest', () => {
  const found = problems(
    [...CHAIN, ...CHAIN.map(each => ({ ...each, story: { ...each.story, time: new Date(1_800_000_000_000).toISOString() } }))],
    ({ pod }) => ({ key: pod, cause: pod }),
  )
  assert.deepEqual(
    found.map(({ cause, requests }) => [cause, requests]),
    [
      ['shop/orders-0', 4],
      ['shop/web-0', 2],
    ],
  )
  assert.match(found[0]?.latest.story.time ?? '', /^2027/)
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import type { Alert, AlertCondition } from '../../model/alert.ts'
import { builtIn } from '../../model/origin.ts'
import type { MeshHealth } from '../observe/mesh-health.ts'
import type { WindowCounts } from '../observe/traffic-history.ts'
import { AlertEvaluator } from './evaluator.ts'
import { measure } from './measure.ts'
import { notifier } from './notify.ts'

const HOST = 'orders.shop.svc.cluster.local'

function alert(condition: AlertCondition, more: Partial<Alert> = {}): Alert {
  return {
    name: 'failing',
    namespace: 'shop',
    host: HOST,
    client: '',
    condition,
    windowMs: 60_000,
    forMs: 60_000,
    severity: 'critical',
    summary: '',
    receivers: [{ kind: 'log' }],
    disabled: false,
    created: '',
    origin: builtIn('test'),
    ...more,
  }
}

const failing: AlertCondition = { kind: 'error-rate', above: 5 }

function traffic(requests: number, errors: number, latency?: number[]): WindowCounts {
  const counts = { requests, errors, rejected: 0, connections: 0, bytes: 0, latency }
  const from = 'shop/storefront'
  const to = { host: HOST, version: 'v1', protocol: 'http' } as const
  return { spanMs: 10_000, flows: [{ from, to, counts }], served: new Map() }
}

const WELL: MeshHealth = { endpoints: [], ready: new Map(), certificates: [], proxies: [] }
const observed = (window: WindowCounts, health: Partial<MeshHealth> = {}, now = 0) => ({
  window,
  health: { ...WELL, ...health },
  now,
})
/** Of an alert about one service. */
const measureOne = (rule: Alert, window: WindowCounts) => {
  const [{ holds, text } = { holds: undefined, text: undefined }] = measure(rule, observed(window))
  return { holds, text }
}

function setUp(rule: Alert) {
  const clock = new ManualClock(1_000_000)
  const events: string[] = []
  let alerts: readonly Alert[] = [rule]
  let now = traffic(100, 0)
  const evaluator = new AlertEvaluator({
    clock,
    alerts: () => alerts,
    window: () => now,
    health: () => WELL,
    notify: ({ alert: { name }, value }, event) => events.push(`${name} ${event}: ${value}`),
  })
  evaluator.start()
  return {
    clock,
    events,
    evaluator,
    state: () => evaluator.snapshot().map(({ state }) => state)[0],
    see: (counts: WindowCounts) => {
      now = counts
    },
    rules: (present: readonly Alert[]) => {
      alerts = present
    },
  }
}

describe('AlertEvaluator', () => {
  it('fires when the condition has held for as long as it has to, and tells once', () => {
    const { clock, events, state, see } = setUp(alert(failing))
    assert.equal(state(), 'quiet')
    see(traffic(100, 12))
    clock.advance(5000)
    assert.equal(state(), 'pending')
    clock.advance(55_000)
    assert.equal(state(), 'pending')
    clock.advance(5000)
    assert.equal(state(), 'firing')
    clock.advance(50_000)
    assert.deepEqual(events, ['failing firing: 12 % of requests fail'])
    clock.advance(10_000)
    assert.deepEqual(events.slice(1), ['failing reminder: 12 % of requests fail'])
  })

  it('begins anew when the condition was gone for a moment', () => {
    const { clock, events, state, see } = setUp(alert(failing))
    see(traffic(100, 12))
    clock.advance(50_000)
    see(traffic(100, 1))
    clock.advance(5000)
    assert.equal(state(), 'quiet')
    see(traffic(100, 12))
    clock.advance(30_000)
    assert.equal(state(), 'pending')
    assert.deepEqual(events, [])
  })

  it('resolves when the condition is gone, and when the rule is', () => {
    const { clock, events, evaluator, see, rules } = setUp(alert(failing, { forMs: 0 }))
    see(traffic(100, 12))
    clock.advance(5000)
    see(traffic(100, 0))
    clock.advance(5000)
    see(traffic(100, 50))
    clock.advance(5000)
    rules([])
    clock.advance(5000)
    assert.deepEqual(
      events.map(event => event.replace(/:.*/, '')),
      ['failing firing', 'failing resolved', 'failing firing', 'failing resolved'],
    )
    assert.deepEqual(evaluator.snapshot(), [])
  })
})

describe('measure()', () => {
  it('knows nothing of failures where there was no traffic', () => {
    assert.deepEqual(measureOne(alert(failing), traffic(0, 0)), { holds: false, text: '' })
  })
  it('reads latency off the buckets', () => {
    const latency = Array.from({ length: 20 }, () => 0)
    latency[8] = 100 // 250 to 500 ms
    const condition = { kind: 'latency', percentile: 50, aboveMs: 300 } as const
    assert.deepEqual(measureOne(alert(condition), traffic(100, 0, latency)), {
      holds: true,
      text: '50 % of requests take up to 375 ms',
    })
  })
  it('counts no request at all as too few', () => {
    const condition = { kind: 'request-rate', above: undefined, below: 1 } as const
    assert.equal(measureOne(alert(condition), { spanMs: 10_000, flows: [], served: new Map() }).holds, true)
    assert.equal(measureOne(alert(condition), { spanMs: 0, flows: [], served: new Map() }).holds, false)
  })
  it('counts only the requests of the client that is named', () => {
    const other = alert(failing, { client: 'loadgen' })
    assert.equal(measureOne(other, traffic(100, 50)).holds, false)
  })
})

describe('measure() of a wildcard', () => {
  it('looks at each service for itself', () => {
    const window = traffic(100, 50)
    const [flow] = window.flows
    assert.ok(flow)
    const other = { ...flow, to: { ...flow.to, host: 'cart.shop.svc.cluster.local' }, counts: { ...flow.counts, errors: 0 } }
    const found = measure(alert(failing, { host: '*' }), observed({ ...window, flows: [flow, other] }))
    assert.deepEqual(
      found.map(({ subject, holds }) => [subject, holds]),
      [
        [HOST, true],
        ['cart.shop.svc.cluster.local', false],
      ],
    )
    assert.deepEqual(measure(alert(failing, { host: '*.example.com' }), observed(window)), [])
  })

  it('names the endpoints in trouble, and who says so', () => {
    const endpoints = [
      { host: HOST, address: '10.0.0.7:80', trouble: 'ejected', callers: ['shop/storefront-0'] },
      { host: HOST, address: 'shop/orders-1', trouble: 'not_ready', callers: [] },
    ] as const
    const condition = { kind: 'endpoints', trouble: 'ejected', above: 0 } as const
    assert.deepEqual(measure(alert(condition, { host: '*' }), observed(traffic(0, 0), { endpoints })), [
      { subject: HOST, holds: true, text: '10.0.0.7:80 (by shop/storefront-0)' },
    ])
    assert.equal(measure(alert({ ...condition, above: 1 }), observed(traffic(0, 0), { endpoints }))[0]?.holds, false)
  })

  it('compares what is left of a certificate with its whole life, and counts proxies that lag', () => {
    const certificates = [{ proxy: 'shop/cart-0', from: 0, until: 1000 }]
    const expiry = alert({ kind: 'certificate-life', below: 10 }, { host: '*' })
    const at = (now: number) =>
      measure(expiry, observed(traffic(0, 0), { certificates }, now)).map(({ holds, text }) => [holds, text])
    assert.deepEqual(at(800), [[false, '20 % of its life is left']])
    assert.deepEqual(at(950), [[true, '5 % of its life is left']])
    const proxies = [
      { proxy: 'shop/cart-0', state: 'NACKED' },
      { proxy: 'shop/orders-0', state: 'SYNCED' },
    ] as const
    assert.deepEqual(measure(alert({ kind: 'stale-proxies', above: 0 }, { host: '*' }), observed(traffic(0, 0), { proxies })), [
      { subject: '', holds: true, text: 'shop/cart-0' },
    ])
  })
})

describe('notifier()', () => {
  it('posts to a webhook, in the form of an Alertmanager where it is one, and says so when it can not', async () => {
    const posted: [url: string, body: unknown][] = []
    const told: string[] = []
    const tell = notifier({
      tell: text => told.push(text),
      post: (url, body) => {
        posted.push([url, body])
        return url.startsWith('http://gone') ? Promise.reject(new Error('refused')) : Promise.resolve()
      },
    })
    const urls = ['http://hook/x', 'http://alerts:9093/api/v2/alerts', 'http://gone/']
    const rule = alert(failing, { receivers: urls.map(url => ({ kind: 'webhook', url })) })
    tell({ alert: rule, subject: '', state: 'firing', since: 5000, value: '12 % of requests fail' }, 'firing')
    await Promise.resolve()
    await Promise.resolve()
    assert.deepEqual(
      posted.map(([url]) => url),
      urls,
    )
    assert.partialDeepStrictEqual(posted[0]?.[1], {
      status: 'firing',
      labels: { alertname: 'failing', severity: 'critical' },
      annotations: { summary: `${HOST}: more than 5 % of requests fail`, value: '12 % of requests fail' },
      startsAt: '1970-01-01T00:00:05.000Z',
    })
    assert.partialDeepStrictEqual(posted[1]?.[1], [{ labels: { alertname: 'failing' }, startsAt: '1970-01-01T00:00:05.000Z' }])
    assert.deepEqual(told, ['Cannot tell "http://gone/" of alert shop/failing: refused'])
    tell({ alert: rule, subject: '', state: 'firing', since: 5000, value: '12 % of requests fail' }, 'reminder')
    assert.deepEqual(
      posted.slice(3).map(([url]) => url),
      ['http://alerts:9093/api/v2/alerts'],
      'only an Alertmanager has to be reminded',
    )
  })
})

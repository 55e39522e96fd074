import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../lib/random.ts'
import { xxHash64 } from '../../lib/xxhash64.ts'
import { Cluster } from '../../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { type JsonValue, jsonToBytes } from '../../xds/wire/json.ts'
import { CLUSTER } from '../../xds/wire/type-url.ts'
import { buildBalancer, compileBalancing } from './build.ts'
import type { Balancer, Host, PickContext } from './host.ts'

const cluster = (json: { [key: string]: JsonValue }) => Cluster.decode(jsonToBytes(CLUSTER, { name: 'c', ...json }))

function host(name: string, more: Partial<Host> = {}): Host {
  return {
    address: name,
    ip: name,
    port: 80,
    hostname: name,
    weight: 1,
    priority: 0,
    locality: '',
    localityWeight: 0,
    labels: new Map(),
    healthy: true,
    active: 0,
    ...more,
  }
}

const hosts = (count: number, more: (i: number) => Partial<Host> = () => ({})) =>
  Array.from({ length: count }, (_, i) => host(`h${i}`, more(i)))

function context(more: Partial<PickContext> = {}): PickContext {
  return {
    hash: undefined,
    subset: undefined,
    tried: undefined,
    previousPrioritiesFrequency: 0,
    originalDestination: undefined,
    authority: '',
    ...more,
  }
}

/** How often each host is picked, or each group of hosts. */
function shares(
  balancer: Balancer,
  picks: number,
  more: (i: number) => Partial<PickContext> = () => ({}),
  group: (host: Host) => string = ({ address }) => address,
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let i = 0; i < picks; i++) {
    const picked = balancer.pick(context(more(i)))
    const name = picked ? group(picked) : 'none'
    counts[name] = (counts[name] ?? 0) + 1
  }
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / picks]))
}

function near(actual: Record<string, number>, expected: Record<string, number>, tolerance: number): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort())
  for (const [name, share] of Object.entries(expected))
    assert.ok(Math.abs((actual[name] ?? 0) - share) <= tolerance, `${name}: ${actual[name]}, expected ${share}`)
}

const byHash = (i: number) => ({ hash: xxHash64(`key-${i}`) })

/** Every policy, and how far from the weights it may be. */
const POLICIES: readonly (readonly [policy: string, weighted: boolean, tolerance: number])[] = [
  ['ROUND_ROBIN', true, 0.001],
  ['LEAST_REQUEST', true, 0.02],
  ['RANDOM', false, 0.02],
  ['RING_HASH', true, 0.06],
  ['MAGLEV', true, 0.02],
]

for (const [lbPolicy, weighted, tolerance] of POLICIES) {
  const config = { lbPolicy, ringHashLbConfig: { minimumRingSize: '4096' } }
  const json = lbPolicy === 'RING_HASH' ? config : { lbPolicy }

  test(`${lbPolicy} spreads requests evenly when hosts weigh the same`, () => {
    const balancer = buildBalancer(cluster(json), hosts(4), seededRandom(1))
    near(shares(balancer, 8000, byHash), { h0: 0.25, h1: 0.25, h2: 0.25, h3: 0.25 }, tolerance)
  })

  test(`${lbPolicy} ${weighted ? 'spreads requests by weight' : 'takes no notice of weights'}`, () => {
    const balancer = buildBalancer(
      cluster(json),
      hosts(3, i => ({ weight: [1, 2, 5][i] ?? 1 })),
      seededRandom(2),
    )
    const expected = weighted ? { h0: 1 / 8, h1: 2 / 8, h2: 5 / 8 } : { h0: 1 / 3, h1: 1 / 3, h2: 1 / 3 }
    near(shares(balancer, 16_000, byHash), expected, tolerance)
  })

  test(`${lbPolicy} leaves unhealthy hosts out`, () => {
    const balancer = buildBalancer(
      cluster(json),
      hosts(4, i => ({ healthy: i !== 1 })),
      seededRandom(3),
    )
    assert.equal(shares(balancer, 2000, byHash)['h1'], undefined)
  })

  test(`${lbPolicy} uses all hosts when too few are healthy, and none when panic is off`, () => {
    const sick = hosts(4, i => ({ healthy: i === 0 }))
    const panicking = buildBalancer(cluster(json), sick, seededRandom(4))
    assert.equal(Object.keys(shares(panicking, 2000, byHash)).length, 4)
    const calm = { ...json, commonLbConfig: { healthyPanicThreshold: { value: 0 } } }
    assert.deepEqual(Object.keys(shares(buildBalancer(cluster(calm), sick, seededRandom(5)), 500, byHash)), ['h0'])
    const dead = buildBalancer(
      cluster(calm),
      hosts(2, () => ({ healthy: false })),
      seededRandom(6),
    )
    assert.equal(dead.pick(context()), undefined)
  })

  test(`${lbPolicy} avoids hosts that have been tried, as long as there are others`, () => {
    const all = hosts(5)
    const balancer = buildBalancer(cluster(json), all, seededRandom(7))
    for (let i = 0; i < 200; i++) {
      const tried: Host[] = []
      for (let attempt = 0; attempt < 5; attempt++) {
        const picked = balancer.pick(context({ ...byHash(i), tried }))
        assert.ok(picked && !tried.includes(picked), `attempt ${attempt} gave ${picked?.address} again`)
        tried.push(picked)
      }
      assert.ok(balancer.pick(context({ ...byHash(i), tried })), 'rather again than not at all')
    }
  })

  test(`${lbPolicy} has no host when there are none`, () => {
    assert.equal(buildBalancer(cluster(json), [], seededRandom(8)).pick(context()), undefined)
  })
}

test('ROUND_ROBIN goes round', () => {
  const balancer = buildBalancer(cluster({}), hosts(3), seededRandom(9))
  const picked = Array.from({ length: 6 }, () => balancer.pick(context())?.address)
  assert.deepEqual(picked.slice(0, 3), picked.slice(3))
  assert.equal(new Set(picked).size, 3)
})

test('LEAST_REQUEST prefers hosts with fewer requests under way', () => {
  const all = hosts(4, i => ({ active: i === 2 ? 0 : 50 }))
  const share = shares(buildBalancer(cluster({ lbPolicy: 'LEAST_REQUEST' }), all, seededRandom(10)), 8000)
  // Drawn at least once in two draws: 1 - (3/4)^2.
  assert.ok(Math.abs((share['h2'] ?? 0) - 7 / 16) < 0.03, String(share['h2']))
  const many = cluster({ lbPolicy: 'LEAST_REQUEST', leastRequestLbConfig: { choiceCount: 20 } })
  assert.ok((shares(buildBalancer(many, all, seededRandom(11)), 1000)['h2'] ?? 0) > 0.97)
})

test('LEAST_REQUEST counts requests for each unit of weight', () => {
  const all = hosts(2, i => ({ weight: i === 0 ? 1 : 4, active: i === 0 ? 2 : 4 }))
  const balancer = buildBalancer(
    cluster({ lbPolicy: 'LEAST_REQUEST', leastRequestLbConfig: { choiceCount: 30 } }),
    all,
    seededRandom(12),
  )
  assert.ok((shares(balancer, 500)['h1'] ?? 0) > 0.99, '4 requests on weight 4 are less than 2 on weight 1')
})

for (const lbPolicy of ['RING_HASH', 'MAGLEV'])
  test(`${lbPolicy} gives a key the same host each time, and few keys another one when a host leaves`, () => {
    const all = hosts(10)
    const before = buildBalancer(cluster({ lbPolicy }), all, seededRandom(13))
    const after = buildBalancer(cluster({ lbPolicy }), all.slice(1), seededRandom(14))
    let moved = 0
    for (let i = 0; i < 3000; i++) {
      const was = before.pick(context(byHash(i)))
      assert.equal(before.pick(context(byHash(i))), was)
      if (was !== all[0] && after.pick(context(byHash(i))) !== was) moved++
    }
    // A ring of 1,024 entries gives those that stay a few more each, which take keys from each other.
    assert.ok(moved / 3000 < 0.12, `${moved} of 3000 keys moved without need`)
  })

const priorities = (healthy: readonly number[], total = 10) =>
  healthy.flatMap((good, priority) =>
    Array.from({ length: total }, (_, i) => host(`p${priority}-${i}`, { priority, healthy: i < good })),
  )

/** Share of each priority. */
function byPriority(all: readonly Host[], more: Partial<PickContext> = {}) {
  const balancer = buildBalancer(cluster({}), all, seededRandom(15))
  return shares(
    balancer,
    10_000,
    () => more,
    ({ priority }) => `p${priority}`,
  )
}

/** Envoy's documentation, "Priority levels", 10 hosts each. */
const LOADS: readonly (readonly [healthy: readonly number[], expected: Record<string, number>])[] = [
  [[10, 10], { p0: 1 }],
  [[8, 10], { p0: 1 }],
  [[7, 10], { p0: 0.98, p1: 0.02 }],
  [[5, 10], { p0: 0.7, p1: 0.3 }],
  [[0, 10], { p1: 1 }],
  [[0, 0, 10], { p2: 1 }],
  [[5, 5], { p0: 0.7, p1: 0.3 }],
]

for (const [healthy, expected] of LOADS)
  test(`priorities with ${healthy.join(', ')} of 10 hosts healthy get ${JSON.stringify(expected)}`, () => {
    near(byPriority(priorities(healthy)), expected, 0.02)
  })

test('priorities share the load by size when all are in panic', () => {
  const all = [...priorities([0], 3), host('p1-0', { priority: 1, healthy: false })]
  near(byPriority(all), { p0: 0.75, p1: 0.25 }, 0.02)
})

test('priorities of hosts that were tried are avoided when the retry policy says so', () => {
  const all = priorities([10, 10])
  const tried = all.slice(0, 2)
  near(byPriority(all, { tried, previousPrioritiesFrequency: 2 }), { p1: 1 }, 1e-9)
  near(byPriority(all, { tried: tried.slice(0, 1), previousPrioritiesFrequency: 2 }), { p0: 1 }, 1e-9)
  near(byPriority(all, { tried: [...tried, ...all.slice(10, 12)], previousPrioritiesFrequency: 2 }), { p0: 1 }, 1e-9)
})

const zones = (healthyInB = 4) => [
  ...Array.from({ length: 4 }, (_, i) => host(`a${i}`, { locality: 'a', localityWeight: 1 })),
  ...Array.from({ length: 4 }, (_, i) => host(`b${i}`, { locality: 'b', localityWeight: 3, healthy: i < healthyInB })),
]

function byLocality(json: { [key: string]: JsonValue }, all: readonly Host[]) {
  return shares(buildBalancer(cluster(json), all, seededRandom(16)), 20_000, byHash, ({ locality }) => locality)
}

const LOCALITY = { commonLbConfig: { localityWeightedLbConfig: {} } }

for (const lbPolicy of ['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM', 'RING_HASH', 'MAGLEV'])
  test(`${lbPolicy} divides the load by locality weight when told to`, () => {
    near(byLocality({ lbPolicy, ...LOCALITY }, zones()), { a: 0.25, b: 0.75 }, 0.04)
    near(byLocality({ lbPolicy }, zones()), { a: 0.5, b: 0.5 }, 0.06)
  })

test('a locality gets less when many of its hosts are unhealthy', () => {
  // 2 of 4 healthy, times 1.4: 70 % of its weight of 3.
  near(byLocality(LOCALITY, zones(2)), { a: 1 / 3.1, b: 2.1 / 3.1 }, 0.02)
})

const labels = (fields: Record<string, string>) => ({ labels: new Map(Object.entries(fields)) })
const SUBSETS = [
  host('v1-prod', labels({ version: 'v1', stage: 'prod' })),
  host('v2-prod', labels({ version: 'v2', stage: 'prod' })),
  host('v2-dev', labels({ version: 'v2', stage: 'dev' })),
  host('plain'),
]

function subsetPicks(lbSubsetConfig: JsonValue, subset: Record<string, string> | undefined): string[] {
  const balancer = buildBalancer(cluster({ lbSubsetConfig }), SUBSETS, seededRandom(19))
  const asked = subset && new Map(Object.entries(subset))
  return Object.keys(shares(balancer, 200, () => ({ subset: asked }))).sort()
}

const SELECTORS = [{ keys: ['version'] }, { keys: ['stage', 'version'] }]
const ALL = ['plain', 'v1-prod', 'v2-dev', 'v2-prod']

const SUBSET_CASES: readonly (readonly [
  name: string,
  config: { [key: string]: JsonValue },
  subset: Record<string, string> | undefined,
  expected: string[],
])[] = [
  ['one label', { subsetSelectors: SELECTORS }, { version: 'v2' }, ['v2-dev', 'v2-prod']],
  ['two labels', { subsetSelectors: SELECTORS }, { version: 'v2', stage: 'dev' }, ['v2-dev']],
  ['nobody has it', { subsetSelectors: SELECTORS }, { version: 'v9' }, ['none']],
  ['no selector for the label', { subsetSelectors: SELECTORS }, { stage: 'prod' }, ['none']],
  ['nothing asked, no fallback', { subsetSelectors: SELECTORS }, undefined, ['none']],
  ['nothing asked, anyone', { subsetSelectors: SELECTORS, fallbackPolicy: 'ANY_ENDPOINT' }, undefined, ALL],
  ['nobody has it, anyone', { subsetSelectors: SELECTORS, fallbackPolicy: 'ANY_ENDPOINT' }, { version: 'v9' }, ALL],
  [
    'nobody has it, the default',
    { subsetSelectors: SELECTORS, fallbackPolicy: 'DEFAULT_SUBSET', defaultSubset: { stage: 'prod' } },
    { version: 'v9' },
    ['v1-prod', 'v2-prod'],
  ],
  [
    'a selector with a fallback of its own',
    { subsetSelectors: [{ keys: ['version'], fallbackPolicy: 'NO_FALLBACK' }], fallbackPolicy: 'ANY_ENDPOINT' },
    { version: 'v9' },
    ['none'],
  ],
  [
    'fewer labels',
    {
      subsetSelectors: [
        { keys: ['version'] },
        { keys: ['stage', 'version'], fallbackPolicy: 'KEYS_SUBSET', fallbackKeysSubset: ['version'] },
      ],
    },
    { version: 'v1', stage: 'dev' },
    ['v1-prod'],
  ],
  ['anyone rather than nobody', { subsetSelectors: SELECTORS, panicModeAny: true }, { version: 'v9' }, ALL],
]

for (const [name, config, subset, expected] of SUBSET_CASES)
  test(`subsets: ${name}`, () => assert.deepEqual(subsetPicks(config, subset), expected))

const TYPED = 'type.googleapis.com/envoy.extensions.load_balancing_policies'
const typed = (...configs: { '@type': string; [key: string]: JsonValue }[]) => ({
  loadBalancingPolicy: { policies: configs.map(typedConfig => ({ typedExtensionConfig: { name: 'p', typedConfig } })) },
})

test('load_balancing_policy takes the first policy that is known', () => {
  const unknown = { '@type': `${TYPED}.subset.v3.Subset` }
  for (const [config, expected] of [
    [{ '@type': `${TYPED}.round_robin.v3.RoundRobin` }, 0.001],
    [{ '@type': `${TYPED}.random.v3.Random` }, 0.02],
    [{ '@type': `${TYPED}.least_request.v3.LeastRequest`, choiceCount: 3 }, 0.02],
    [{ '@type': `${TYPED}.maglev.v3.Maglev` }, 0.02],
  ] as const) {
    // jsonToBytes() knows no Subset, so the unknown one goes in as a message.
    const message = cluster(typed(config))
    message.loadBalancingPolicy?.policies.unshift({
      typedExtensionConfig: { name: 'subset', typedConfig: { typeUrl: unknown['@type'], value: new Uint8Array() } },
    })
    near(shares(buildBalancer(message, hosts(2), seededRandom(20)), 4000, byHash), { h0: 0.5, h1: 0.5 }, expected)
  }
})

const REFUSED: readonly (readonly [json: { [key: string]: JsonValue }, message: RegExp])[] = [
  [{ lbPolicy: 'CLUSTER_PROVIDED' }, /lb_policy is 6, expected ROUND_ROBIN/],
  [{ lbPolicy: 'MAGLEV', maglevLbConfig: { tableSize: '65536' } }, /table_size is 65536, expected a prime/],
  [{ lbPolicy: 'RING_HASH', ringHashLbConfig: { hashFunction: 'MURMUR_HASH_2' } }, /MURMUR_HASH_2 is not supported/],
  [{ lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: '10', maximumRingSize: '5' } }, /the ring's size is 10 to 5/],
  [
    { lbPolicy: 'MAGLEV', commonLbConfig: { consistentHashingLbConfig: { hashBalanceFactor: 120 } } },
    /hash_balance_factor is not supported/,
  ],
  [{ lbPolicy: 'LEAST_REQUEST', leastRequestLbConfig: { choiceCount: 1 } }, /choice_count is 1, expected at least 2/],
  [{ loadBalancingPolicy: {} }, /load_balancing_policy has "", expected one of envoy.extensions/],
  [typed({ '@type': `${TYPED}.least_request.v3.LeastRequest`, selectionMethod: 'FULL_SCAN' }), /FULL_SCAN is not supported/],
  [{ lbSubsetConfig: { subsetSelectors: [{ keys: ['a'] }], listAsAny: true } }, /list_as_any is not supported/],
]

for (const [json, message] of REFUSED)
  test(`compileBalancing() throws ${message} when the cluster says so`, () => {
    assert.throws(() => compileBalancing(cluster(json), Math.random), message)
  })

test('balancers over 10,000 hosts are built and asked without a noticeable pause', () => {
  const many = hosts(10_000, i => ({ weight: 1 + (i % 5) }))
  for (const lbPolicy of ['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM', 'RING_HASH', 'MAGLEV']) {
    const started = performance.now()
    const balancer = buildBalancer(cluster({ lbPolicy }), many, seededRandom(21))
    shares(balancer, 1000, byHash)
    const ms = performance.now() - started
    assert.ok(ms < 20_000, `${lbPolicy} took ${ms} ms`)
  }
})

/**
 * Micro-benchmark of src/proxy/route and src/proxy/balance: nanoseconds to decide where a request goes, by size of the table, and to
 * pick a host. usage: node bench/route.ts
 */
import { buildBalancer } from '../src/proxy/balance/build.ts'
import type { Host, PickContext } from '../src/proxy/balance/host.ts'
import { HeaderList } from '../src/proxy/http/headers.ts'
import type { RequestHead } from '../src/proxy/http/stream.ts'
import { compileRoutes } from '../src/proxy/route/compile.ts'
import type { RouteContext } from '../src/proxy/route/decision.ts'
import { Cluster } from '../src/xds/gen/envoy/config/cluster/v3/cluster.ts'
import { RouteConfiguration } from '../src/xds/gen/envoy/config/route/v3/route.ts'
import { type JsonValue, jsonToBytes } from '../src/xds/wire/json.ts'
import { CLUSTER, ROUTE } from '../src/xds/wire/type-url.ts'

const ROUNDS = 5
const CALLS = 200_000
/** Everything measured ends up here, so that nothing is optimised away. */
let kept = 0

/** Best of a few rounds, after one to warm up. */
function nanoseconds(call: (i: number) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round <= ROUNDS; round++) {
    const started = performance.now()
    for (let i = 0; i < CALLS; i++) if (call(i) !== undefined) kept++
    const ns = ((performance.now() - started) / CALLS) * 1e6
    if (round > 0) best = Math.min(best, ns)
  }
  return best
}

function report(name: string, call: (i: number) => unknown): void {
  console.log(`${name.padEnd(58)} ${nanoseconds(call).toFixed(0).padStart(6)} ns`)
}

const context: RouteContext = {
  remoteAddress: '10.0.0.1',
  remotePort: 1,
  localAddress: '10.0.0.2',
  localPort: 80,
  startTime: 0,
  random: Math.random,
  metadata: undefined,
  setCookie: () => {},
}

function head(authority: string, path: string): RequestHead {
  const headers = new HeaderList(['user-agent', 'bench', 'accept', '*/*', 'x-request-id', 'a1b2', 'x-group', 'test'])
  return { protocol: 'HTTP/1.1', method: 'GET', scheme: 'http', authority, path, headers, upgrade: undefined }
}

const forward = (match: JsonValue, route: { [key: string]: JsonValue } = { cluster: 'c' }): JsonValue => ({ match, route })
const everything = forward({ prefix: '/' })

function table(virtualHosts: readonly { readonly domains: string[]; readonly routes: JsonValue[] }[]) {
  const hosts = virtualHosts.map(({ domains, routes }, i) => ({ name: `v${i}`, domains, routes }))
  const started = performance.now()
  const compiled = compileRoutes(RouteConfiguration.decode(jsonToBytes(ROUTE, { name: 'bench', virtualHosts: hosts })))
  return { compiled, ms: performance.now() - started }
}

const single = (routes: JsonValue[]) => table([{ domains: ['*'], routes }]).compiled
const thousand = Array.from({ length: 1000 }, (_, i) => i)

console.log('where a request goes')
const one = single([everything])
const simple = head('cart.shop', '/api/items?id=1')
report('1 route', () => one.match(simple, context))

const header = single([forward({ prefix: '/', headers: [{ name: 'x-group', stringMatch: { exact: 'test' } }] }), everything])
report('1 route with a header', () => header.match(simple, context))

const regex = single([forward({ safeRegex: { regex: '/api/[a-z]+' } }), everything])
report('1 route with a regex', () => regex.match(simple, context))

const weighted = single([
  forward(
    { prefix: '/' },
    {
      weightedClusters: {
        clusters: [
          { name: 'a', weight: 90 },
          { name: 'b', weight: 10 },
        ],
      },
    },
  ),
])
report('1 route with two weights', () => weighted.match(simple, context))

const exact = single([...thousand.map(i => forward({ path: `/item/${i}` })), everything])
const exactHeads = thousand.map(i => head('cart.shop', `/item/${i}`))
report('1,000 routes, exact paths', i => exact.match(exactHeads[i % 1000] ?? simple, context))

const prefixes = single([...thousand.map(i => forward({ prefix: `/team/${i}/` })), everything])
const prefixHeads = thousand.map(i => head('cart.shop', `/team/${i}/orders`))
report('1,000 routes, prefixes', i => prefixes.match(prefixHeads[i % 1000] ?? simple, context))
report('1,000 routes, prefixes, none but the last matches', () => prefixes.match(simple, context))

const regexes = single([...thousand.map(i => forward({ safeRegex: { regex: `/team/${i}/[a-z]+` } })), everything])
console.log(
  `${'1,000 routes, regexes: as many tests'.padEnd(58)} ${(nanosecondsOnce(() => regexes.match(simple, context)) / 1000).toFixed(0).padStart(6)} us`,
)

const { compiled: many, ms } = table(
  thousand.map(i => ({
    domains: [`svc${i}.shop.svc.cluster.local`, `svc${i}.shop.svc`, `svc${i}.shop`, `svc${i}`, `10.1.${i >> 8}.${i & 255}`],
    routes: [everything],
  })),
)
const hostHeads = thousand.map(i => head(`svc${i}.shop`, '/'))
report(`1,000 virtual hosts (compiled in ${ms.toFixed(0)} ms)`, i => many.match(hostHeads[i % 1000] ?? simple, context))

const mutating = single(
  [forward({ prefix: '/' }, { cluster: 'c', prefixRewrite: '/v2/' })].map(route => ({
    ...Object(route),
    requestHeadersToAdd: [{ header: { key: 'x-from', value: 'mesh' }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' }],
  })),
)
report('rewriting the path and setting a header', i => {
  const request = head('cart.shop', `/a/${i}`)
  const decision = mutating.match(request, context)
  if (decision && decision !== 'tls-required' && decision.action.kind === 'forward') decision.action.prepare(request, context)
  return request.path
})

console.log('\nwhich host')
const pick: PickContext = {
  hash: undefined,
  subset: undefined,
  tried: undefined,
  previousPrioritiesFrequency: 0,
  originalDestination: undefined,
  authority: '',
}
for (const count of [10, 10_000]) {
  const hosts = Array.from({ length: count }, (_, i): Host => {
    const address = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:80`
    return {
      address,
      ip: '',
      port: 80,
      hostname: address,
      weight: 1 + (i % 3),
      priority: 0,
      locality: '',
      localityWeight: 0,
      labels: new Map(),
      healthy: true,
      active: 0,
    }
  })
  for (const lbPolicy of ['ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM', 'RING_HASH', 'MAGLEV']) {
    const message = Cluster.decode(jsonToBytes(CLUSTER, { name: 'c', lbPolicy }))
    const started = performance.now()
    const balancer = buildBalancer(message, hosts, Math.random)
    const built = performance.now() - started
    pick.hash = 0x9e3779b97f4a7c15n
    report(`${lbPolicy}, ${count} hosts with weights (built in ${built.toFixed(1)} ms)`, () => balancer.pick(pick))
  }
}
if (kept === 0) throw new Error('nothing was measured')

function nanosecondsOnce(call: () => unknown): number {
  const started = performance.now()
  for (let i = 0; i < 200; i++) if (call() !== undefined) kept++
  return ((performance.now() - started) / 200) * 1e6
}

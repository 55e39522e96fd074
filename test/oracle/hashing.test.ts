/**
 * Ring hash, Maglev and hash policies place every key on the host that Envoy places it on.
 */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { compileBalancing } from '../../src/proxy/balance/build.ts'
import type { Balancer, Host } from '../../src/proxy/balance/host.ts'
import { HeaderList } from '../../src/proxy/http/headers.ts'
import type { RequestHead } from '../../src/proxy/http/stream.ts'
import { compileRoutes } from '../../src/proxy/route/compile.ts'
import type { RouteContext } from '../../src/proxy/route/decision.ts'
import { Cluster } from '../../src/xds/gen/envoy/config/cluster/v3/cluster.ts'
import { RouteConfiguration } from '../../src/xds/gen/envoy/config/route/v3/route.ts'
import { type JsonValue, jsonToBytes } from '../../src/xds/wire/json.ts'
import { CLUSTER, ROUTE } from '../../src/xds/wire/type-url.ts'
import { type Envoy, startEnvoy, withoutEnvoy } from './envoy.ts'
import { askOver, httpListener, startBackend } from './http-listener.ts'

const BACKENDS = 9
const KEYS = 150

interface Placement {
  readonly weight?: (i: number) => number
  readonly hashKey?: (i: number) => string
  readonly hostname?: (i: number) => string
  /** Localities "z0" and "z1" in turn, with these weights. */
  readonly localityWeights?: readonly [number, number]
  readonly policy: { [key: string]: JsonValue }
}

const RING = { lbPolicy: 'RING_HASH' }
const MAGLEV = { lbPolicy: 'MAGLEV' }
const TYPED = 'type.googleapis.com/envoy.extensions.load_balancing_policies'
const LOCALITY_WEIGHTED = { commonLbConfig: { localityWeightedLbConfig: {} } }

const PLACEMENTS: Readonly<Record<string, Placement>> = {
  ring: { policy: RING },
  'ring with weights': { policy: RING, weight: i => 1 + (i % 4) },
  'small ring': { policy: { ...RING, ringHashLbConfig: { minimumRingSize: 20, maximumRingSize: 31 } }, weight: i => 1 + (i % 3) },
  'ring by hash_key': { policy: RING, hashKey: i => `host-${i}` },
  'ring by hostname': {
    policy: { ...RING, type: 'STRICT_DNS', commonLbConfig: { consistentHashingLbConfig: { useHostnameForHashing: true } } },
    hostname: i => `cart-${i}.shop`,
  },
  'ring over localities': { policy: { ...RING, ...LOCALITY_WEIGHTED }, localityWeights: [3, 1], weight: i => 1 + (i % 2) },
  'ring as an extension': {
    policy: {
      loadBalancingPolicy: {
        policies: [
          {
            typedExtensionConfig: {
              name: 'ring',
              typedConfig: { '@type': `${TYPED}.ring_hash.v3.RingHash`, minimumRingSize: '64' },
            },
          },
        ],
      },
    },
  },
  maglev: { policy: MAGLEV },
  'maglev with weights': { policy: MAGLEV, weight: i => 1 + (i % 4) },
  'small maglev': { policy: { ...MAGLEV, maglevLbConfig: { tableSize: '131' } }, weight: i => 1 + (i % 3) },
  'maglev by hash_key': {
    policy: { ...MAGLEV, maglevLbConfig: { tableSize: '131' } },
    hashKey: i => `host-${9 - i}`,
    weight: i => 1 + (i % 2),
  },
  'maglev over localities': { policy: { ...MAGLEV, ...LOCALITY_WEIGHTED }, localityWeights: [1, 4] },
}

const names = Object.keys(PLACEMENTS)

function clusterJson(name: string, ports: readonly number[]): JsonValue {
  const { policy, weight, hashKey, hostname, localityWeights } = PLACEMENTS[name] ?? { policy: RING }
  const endpoint = (port: number, i: number) => ({
    endpoint: { address: { socketAddress: { address: '127.0.0.1', portValue: port } }, hostname: hostname?.(i) ?? '' },
    loadBalancingWeight: weight?.(i) ?? 1,
    ...(hashKey ? { metadata: { filterMetadata: { 'envoy.lb': { hash_key: hashKey(i) } } } } : {}),
  })
  const all = ports.map(endpoint)
  const endpoints = localityWeights
    ? localityWeights.map((loadBalancingWeight, zone) => ({
        locality: { zone: `z${zone}` },
        loadBalancingWeight,
        lbEndpoints: all.filter((_, i) => i % 2 === zone),
      }))
    : [{ lbEndpoints: all }]
  return { name, type: 'STATIC', connectTimeout: '2s', ...policy, loadAssignment: { clusterName: name, endpoints } }
}

/** As cluster/ makes them from the assignment: locality by locality. */
function hostsOf(name: string, ports: readonly number[]): Host[] {
  const { weight, hashKey, hostname, localityWeights } = PLACEMENTS[name] ?? { policy: RING }
  const hosts = ports.map((port, i): Host => {
    const address = `127.0.0.1:${port}`
    return {
      address,
      ip: '127.0.0.1',
      port,
      hostname: hostname?.(i) ?? address,
      weight: weight?.(i) ?? 1,
      priority: 0,
      locality: localityWeights ? `/z${i % 2}/` : '',
      localityWeight: localityWeights?.[i % 2] ?? 0,
      labels: new Map(hashKey ? [['hash_key', hashKey(i)]] : []),
      healthy: true,
      active: 0,
    }
  })
  return localityWeights ? [0, 1].flatMap(zone => hosts.filter((_, i) => i % 2 === zone)) : hosts
}

interface Policy {
  readonly hashPolicy: JsonValue
  readonly ask: (key: string) => { path: string; headers?: Record<string, string | string[]> }
}

const header = (headerName: string, more: object = {}) => ({ header: { headerName, ...more } })
const byHeader = (key: string) => ({ path: '/', headers: { 'x-key': key } })

/** Each on the ring: what is compared is the hash. */
const POLICIES: Readonly<Record<string, Policy>> = {
  'several fields of one header': {
    hashPolicy: [header('x-key')],
    ask: key => ({ path: '/', headers: { 'x-key': [key, 'fixed', `${key}-other`] } }),
  },
  'a header, rewritten': {
    hashPolicy: [
      JSON.parse(JSON.stringify(header('x-key', { regexRewrite: { pattern: { regex: '-\\d$' }, substitution: '!' } }))),
    ],
    ask: byHeader,
  },
  'the path': { hashPolicy: [header(':path')], ask: key => ({ path: `/${key}?q=1,2` }) },
  'a query parameter': {
    hashPolicy: [{ queryParameter: { name: 'k' } }],
    ask: key => ({ path: `/?x=1&k=${key}%20%c3%a9+&k=2` }),
  },
  'a cookie': {
    hashPolicy: [{ cookie: { name: 'session' } }],
    ask: key => ({ path: '/', headers: { cookie: `other=1; session="${key}"; more=2` } }),
  },
  'two policies': {
    hashPolicy: [header('x-key'), { queryParameter: { name: 'k' } }],
    ask: key => ({ path: `/?k=${key}`, headers: { 'x-key': key } }),
  },
  'a terminal policy': {
    hashPolicy: [{ ...header('x-key'), terminal: true }, header(':path')],
    ask: key => ({ path: `/${key}`, headers: { 'x-key': key } }),
  },
  'the source address': { hashPolicy: [{ connectionProperties: { sourceIp: true } }], ask: () => ({ path: '/' }) },
  'the source address and a header': {
    hashPolicy: [{ connectionProperties: { sourceIp: true } }, header('x-key')],
    ask: byHeader,
  },
}

/** Cookies for clients that come without. */
const COOKIES: Readonly<Record<string, JsonValue>> = {
  'with everything': {
    name: 'sid',
    ttl: '90.5s',
    path: '/shop',
    attributes: [{ name: 'SameSite', value: 'Lax' }, { name: 'Secure' }],
  },
  'for the session': { name: 'sid', ttl: '0s' },
  'only read': { name: 'sid', path: '/shop' },
}

function routes(cluster: string, hashPolicy: JsonValue): { [key: string]: JsonValue } {
  return {
    name: 'r',
    virtualHosts: [{ name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster, hashPolicy } }] }],
  }
}

/** Listener name -> its route configuration. */
const LISTENERS: Readonly<Record<string, { [key: string]: JsonValue }>> = {
  ...Object.fromEntries(names.map(name => [name, routes(name, [header('x-key')])])),
  ...Object.fromEntries(Object.entries(COOKIES).map(([name, cookie]) => [`cookie ${name}`, routes('ring', [{ cookie }])])),
  ...Object.fromEntries(Object.entries(POLICIES).map(([name, { hashPolicy }]) => [`by ${name}`, routes('ring', hashPolicy)])),
}

describe('Envoy', { skip: withoutEnvoy }, () => {
  const backends: Awaited<ReturnType<typeof startBackend>>[] = []
  const ports: number[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  let envoy: Envoy | undefined

  before(async () => {
    for (let i = 0; i < BACKENDS; i++) {
      const backend = await startBackend((_, response) => response.end(String(ports[i])))
      backends.push(backend)
      ports.push(backend.port)
    }
    envoy = await startEnvoy({
      listeners: Object.entries(LISTENERS).map(([name, config]) => httpListener(name, config)),
      clusters: names.map(name => clusterJson(name, ports)),
    })
  })

  after(async () => {
    agent.destroy()
    await envoy?.stop()
    for (const backend of backends) await backend.stop()
  })

  const keys = Array.from({ length: KEYS }, (_, i) => `user-${i % 7}-${i}`)

  for (const name of names) test(`the balancer picks the same hosts as Envoy: ${name}`, () => compare(name, name, byHeader))

  for (const [name, { ask }] of Object.entries(POLICIES))
    test(`the hash policy picks the same hosts as Envoy: by ${name}`, () => compare(`by ${name}`, 'ring', ask))

  for (const name of Object.keys(COOKIES))
    test(`the hash policy gives clients the cookie that Envoy gives: ${name}`, async () => {
      const listener = `cookie ${name}`
      const port = envoy?.ports.get(listener) ?? 0
      const { headers, body, localPort } = await askOver(port, {})
      const cookies: string[] = []
      const context: RouteContext = { ...HERE, remotePort: localPort, localPort: port, setCookie: value => cookies.push(value) }
      const hash = hashOf(listener, requestHead('/', {}), context)
      assert.deepEqual(cookies, headers['set-cookie'] ?? [])
      if (hash !== undefined) assert.equal(pickOf('ring', hash), Number(body))
    })

  function hashOf(listener: string, head: RequestHead, context: RouteContext): bigint | undefined {
    const table = compileRoutes(RouteConfiguration.decode(jsonToBytes(ROUTE, LISTENERS[listener] ?? {})))
    const decision = table.match(head, context)
    assert.ok(decision && decision !== 'tls-required' && decision.action.kind === 'forward' && decision.action.hash)
    return decision.action.hash(head, context)
  }

  const balancers = new Map<string, Balancer>()

  function pickOf(name: string, hash: bigint): number | undefined {
    let balancer = balancers.get(name)
    if (!balancer) {
      balancer = compileBalancing(
        Cluster.decode(jsonToBytes(CLUSTER, clusterJson(name, ports))),
        Math.random,
      )(hostsOf(name, ports))
      balancers.set(name, balancer)
    }
    return balancer.pick({
      hash,
      subset: undefined,
      tried: undefined,
      previousPrioritiesFrequency: 0,
      originalDestination: undefined,
      authority: '',
    })?.port
  }

  async function compare(listenerName: string, clusterName: string, ask: Policy['ask']): Promise<void> {
    const ours: (number | undefined)[] = []
    const envoys: number[] = []
    for (const key of keys) {
      const { path, headers = {} } = ask(key)
      const hash = hashOf(listenerName, requestHead(path, headers), HERE)
      assert.ok(hash !== undefined)
      ours.push(pickOf(clusterName, hash))
      const { body } = await askOver(envoy?.ports.get(listenerName) ?? 0, { path, headers, agent })
      envoys.push(Number(body))
    }
    assert.deepEqual(ours, envoys)
    if (!listenerName.endsWith('source address')) assert.ok(new Set(envoys).size > 3, 'keys are spread')
  }
})

const HERE: RouteContext = {
  remoteAddress: '127.0.0.1',
  remotePort: 0,
  localAddress: '127.0.0.1',
  localPort: 0,
  startTime: 0,
  random: Math.random,
  metadata: undefined,
  setCookie: () => {},
}

function requestHead(path: string, headers: Record<string, string | string[]>): RequestHead {
  const fields = Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap(one => [name, one]))
  return {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'x',
    path,
    headers: new HeaderList(fields),
    upgrade: undefined,
  }
}

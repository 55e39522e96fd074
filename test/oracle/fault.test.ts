/** Injected faults: which requests get them, and what they are answered with, as Envoy's filter does it. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { compileFault } from '../../src/proxy/filters/fault-rule.ts'
import { HeaderList } from '../../src/proxy/http/headers.ts'
import { HTTPFault } from '../../src/xds/gen/envoy/extensions/filters/http/fault/v3/fault.ts'
import { type JsonValue, jsonToBytes } from '../../src/xds/wire/json.ts'
import { type Envoy, startEnvoy, withoutEnvoy } from './envoy.ts'
import { askOver, httpListener } from './http-listener.ts'

const TYPE = 'envoy.extensions.filters.http.fault.v3.HTTPFault'
const always = { numerator: 100 }

const FAULTS: Readonly<Record<string, { [key: string]: JsonValue }>> = {
  'an HTTP status': { abort: { httpStatus: 418, percentage: always } },
  'no percentage': { abort: { httpStatus: 418 } },
  'a millionth of nothing': { abort: { httpStatus: 418, percentage: { numerator: 0, denominator: 'MILLION' } } },
  'all, in millionths': { abort: { httpStatus: 418, percentage: { numerator: 1_000_000, denominator: 'MILLION' } } },
  'headers that match': {
    abort: { httpStatus: 418, percentage: always },
    headers: [
      { name: 'x', stringMatch: { exact: '1' } },
      { name: 'y', presentMatch: false },
    ],
  },
  'headers that do not match': {
    abort: { httpStatus: 418, percentage: always },
    headers: [{ name: 'x', stringMatch: { exact: '2' } }],
  },
  'another cluster': { abort: { httpStatus: 418, percentage: always }, upstreamCluster: 'other' },
  'this cluster': { abort: { httpStatus: 418, percentage: always }, upstreamCluster: 'gone' },
  'another node': { abort: { httpStatus: 418, percentage: always }, downstreamNodes: ['n2'] },
  'this node': { abort: { httpStatus: 418, percentage: always }, downstreamNodes: ['n2', 'n1'] },
  'a delay of none': { delay: { fixedDelay: '10s' } },
  'a gRPC status': { abort: { grpcStatus: 14, percentage: always } },
}
const HEADERS = { x: '1', 'x-envoy-downstream-service-node': 'n1' }

/** 299 is what the route answers when nothing is injected. */
function ours(config: JsonValue): { status: number } {
  const rule = compileFault(HTTPFault.decode(jsonToBytes(TYPE, config)))
  const headers = new HeaderList(Object.entries(HEADERS).flat())
  const head = {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'a',
    path: '/',
    headers,
    upgrade: undefined,
  } as const
  const fault = rule.decide(head, 'gone', () => 0.5)
  assert.equal(fault?.delayMs ?? 0, 0)
  return { status: fault?.abort?.status ?? 299 }
}

describe('Envoy', { skip: withoutEnvoy }, () => {
  let envoy: Envoy | undefined

  before(async () => {
    const routeConfig: JsonValue = {
      name: 'r',
      validateClusters: false,
      virtualHosts: [
        {
          name: 'v',
          domains: ['*'],
          routes: [{ match: { prefix: '/' }, route: { cluster: 'gone', clusterNotFoundResponseCode: 'NOT_FOUND' } }],
        },
      ],
    }
    const listeners = Object.entries(FAULTS).map(([name, config]) =>
      httpListener(name, routeConfig, [['envoy.filters.http.fault', TYPE, config]]),
    )
    envoy = await startEnvoy({ listeners })
  })

  after(() => envoy?.stop())

  for (const [name, config] of Object.entries(FAULTS))
    test(`compileFault() agrees with Envoy: ${name}`, async () => {
      const { status, body } = await askOver(envoy?.ports.get(name) ?? 0, { headers: HEADERS })
      assert.deepEqual(ours(config), { status: body === 'fault filter abort' ? status : 299 })
    })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import { Node } from '../gen/envoy/config/core/v3/base.ts'
import { DeltaDiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery.ts'
import { CLUSTER, ROUTE } from '../wire/type-url.ts'
import { AdsServer } from './ads-server.ts'
import { delta } from './delta.ts'
import { MapSource } from './map-source.ts'
import { answerStatus } from './status-page.ts'

const source = new MapSource()
source.update(CLUSTER, [{ name: 'c', version: '1', bytes: new Uint8Array() }])
source.update(ROUTE, [{ name: '80', version: '1', bytes: new Uint8Array() }])
const ads = new AdsServer({ source })
let ready = false
let server: Server
let base: string

before(async () => {
  const session = ads.connect({ dialect: delta, address: '10.0.0.7:5000', send: () => {} })
  const node = Node.fromPartial({
    id: 'sidecar~10.0.0.7~<cart>.shop~shop.svc.cluster.local',
    userAgentName: 'envoy',
    userAgentVersionType: {
      $case: 'userAgentBuildVersion',
      value: { version: { majorNumber: 1, minorNumber: 40, patch: 0 } },
    },
  })
  session.onDelta(DeltaDiscoveryRequest.fromPartial({ node, typeUrl: CLUSTER }))
  session.onDelta(DeltaDiscoveryRequest.fromPartial({ typeUrl: CLUSTER, responseNonce: nonceOf(CLUSTER) }))
  session.onDelta(DeltaDiscoveryRequest.fromPartial({ typeUrl: ROUTE, resourceNamesSubscribe: ['80'] }))
  const errorDetail = { code: 13, message: 'regex "(" & <others>' }
  session.onDelta(DeltaDiscoveryRequest.fromPartial({ typeUrl: ROUTE, responseNonce: nonceOf(ROUTE), errorDetail }))
  server = createServer((request, response) => {
    if (!answerStatus({ ads, ready: () => ready }, request, response)) response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert(typeof address === 'object' && address)
  base = `http://127.0.0.1:${address.port}`
})

after(() => {
  server.close()
  server.closeAllConnections()
  ads.close()
})

function nonceOf(type: string): string {
  const nonce = ads.status()[0]?.types.find(status => status.type === type)?.sent?.nonce
  assert(nonce)
  return nonce
}

test('/debug/syncz tells state, version, nonce and error of each type as JSON', async () => {
  const [proxy] = (await (await fetch(`${base}/debug/syncz`)).json()) as ReturnType<AdsServer['status']>
  assert.equal(proxy?.node, 'sidecar~10.0.0.7~<cart>.shop~shop.svc.cluster.local')
  assert.equal(proxy.version, '1.40.0')
  const [clusters, routes] = proxy.types
  assert.equal(clusters?.state, 'SYNCED')
  assert.equal(clusters.acked?.nonce, clusters.sent?.nonce)
  assert.equal(routes?.state, 'NACKED')
  assert.equal(routes.refusal?.detail, 'regex "(" & <others>')
  assert.deepEqual(routes.refused, ['80'])
})

test('/status shows what a proxy refused, and nothing that it says becomes markup', async () => {
  const html = await (await fetch(`${base}/status`)).text()
  assert.match(html, /1 proxy connected, 0 in sync/)
  assert.match(html, /envoy 1\.40\.0 \(delta\)/)
  assert.match(html, /RDS refused: 80\nregex &#34;\(&#34; &#38; &#60;others&#62;/)
  assert.doesNotMatch(html, /<cart>|<others>/)
})

test('/ready answers 503 until the control plane is', async () => {
  assert.equal((await fetch(`${base}/ready`)).status, 503)
  ready = true
  assert.equal((await fetch(`${base}/ready`)).status, 200)
})

test('/metrics counts responses and refusals by type', async () => {
  const text = await (await fetch(`${base}/metrics`)).text()
  assert.match(text, /^pilot_xds 1$/m)
  assert.match(text, /^pilot_xds_pushes\{type="cds"\} 1$/m)
  assert.match(text, /^pilot_total_xds_rejects\{type="rds"\} 1$/m)
  assert.match(text, /^pilot_total_xds_rejects\{type="cds"\} 0$/m)
})

test('answerStatus() leaves other paths to others, and writes nothing', async () => {
  assert.equal((await fetch(`${base}/elsewhere`)).status, 404)
  assert.equal((await fetch(`${base}/status`, { method: 'POST' })).status, 405)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpProtocolOptions } from '../gen/envoy/extensions/upstreams/http/v3/http_protocol_options.ts'
import { upstreamHttp } from './upstream-http.ts'

const UNSAID = { protocol: 'auto', pool: undefined, upgradeToHttp2: false, automaticServerName: false } as const

function versionOf(options: ReturnType<typeof upstreamHttp>): string | undefined {
  const [any] = Object.values(options)
  return any && HttpProtocolOptions.decode(any.value).upstreamProtocolOptions?.$case
}

test('upstreamHttp() speaks what the client speaks where a port says nothing, but HTTP/1.1 behind a gateway', () => {
  assert.equal(versionOf(upstreamHttp({ ...UNSAID, followsClient: true })), 'useDownstreamProtocolConfig')
  assert.equal(versionOf(upstreamHttp({ ...UNSAID, followsClient: false })), undefined)
})

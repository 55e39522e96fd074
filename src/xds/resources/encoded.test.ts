import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts'
import { VirtualHost } from '../gen/envoy/config/route/v3/route_components.ts'
import { concatenated, Encoder, repeatedField } from './encoded.ts'

test('Encoder.encode() returns the same object for the same content, another for another', () => {
  const encoder = new Encoder()
  const table = (name: string) => RouteConfiguration.fromPartial({ name })
  const first = encoder.encode(RouteConfiguration, 'a', table('a'))
  assert.equal(encoder.encode(RouteConfiguration, 'a', table('a')), first)
  assert.notEqual(encoder.encode(RouteConfiguration, 'a', table('b')).version, first.version)
})

test('repeatedField() appends encoded elements to a message', () => {
  const hosts = ['x', 'y'].map(name => VirtualHost.encode(VirtualHost.fromPartial({ name })).finish())
  const around = RouteConfiguration.encode(RouteConfiguration.fromPartial({ name: 'table' })).finish()
  const table = RouteConfiguration.decode(concatenated(around, repeatedField(2, hosts)))
  assert.equal(table.name, 'table')
  assert.deepEqual(
    table.virtualHosts.map(host => host.name),
    ['x', 'y'],
  )
})

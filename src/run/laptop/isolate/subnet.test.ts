import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freeSubnet, Subnet } from './subnet.ts'

test('Subnet.nextPod() gives each pod an address, never the host’s and never a broadcast', () => {
  const subnet = new Subnet(70)
  assert.deepEqual([subnet.cidr, subnet.host], ['10.70.0.0/16', '10.70.0.1'])
  const pods = Array.from({ length: 600 }, () => subnet.nextPod())
  assert.deepEqual([pods[0], pods[253], pods[254]], ['10.70.1.1', '10.70.1.254', '10.70.2.1'])
  assert.equal(new Set(pods).size, 600)
})

test('freeSubnet() passes over networks that this machine has a route to', () => {
  const routes = ['default via 10.64.0.1 dev eth0', '10.66.0.0/16 dev docker0 scope link', '10.65.3.0/24 dev tun0']
  assert.equal(freeSubnet(routes, 0).host, '10.64.0.1', 'where a route leads through is no destination')
  assert.equal(freeSubnet(routes, 1).host, '10.67.0.1')
  assert.equal(freeSubnet(routes, 190).host, '10.254.0.1')
  const all = Array.from({ length: 256 }, (_, second) => `10.${second}.0.0/16 dev x`)
  assert.throws(() => freeSubnet(all, 5), /Cannot find addresses for pods/)
})

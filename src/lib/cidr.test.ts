import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cidr, parseIp } from './cidr.ts'

const CASES: readonly (readonly [range: string, length: number, inside: readonly string[], outside: readonly string[]])[] = [
  ['10.0.0.0', 8, ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3'], ['11.0.0.0', '9.255.255.255', 'fd00::1', 'x', '']],
  ['10.1.2.3', 32, ['10.1.2.3'], ['10.1.2.2']],
  ['192.168.1.77', 24, ['192.168.1.0', '192.168.1.255'], ['192.168.2.1']],
  ['0.0.0.0', 0, ['1.2.3.4'], ['::1']],
  ['::', 0, ['::1', 'fe80::1%eth0'], ['1.2.3.4', '::ffff:1.2.3.4']],
  ['fd00:1::', 32, ['fd00:1::', 'fd00:1:ffff::1'], ['fd00:2::']],
  ['2001:db8::8', 125, ['2001:db8::8', '2001:db8:0:0:0:0:0:f'], ['2001:db8::10']],
]

for (const [range, length, inside, outside] of CASES) {
  test(`Cidr.contains() tells what lies in ${range}/${length}`, () => {
    const cidr = new Cidr(range, length)
    for (const address of inside) assert.ok(cidr.contains(address), `${address} lies in it`)
    for (const address of outside) assert.ok(!cidr.contains(address), `${address} does not`)
  })
}

test('new Cidr() refuses what is no range', () => {
  assert.throws(() => new Cidr('10.0.0', 8), /"10.0.0\/8", expected an IP address/)
  assert.throws(() => new Cidr('10.0.0.0', 33), /expected a prefix length of 0 to 32/)
  assert.throws(() => new Cidr('::', 129), /0 to 128/)
})

test('parseIp() reads every form of IPv6', () => {
  assert.equal(parseIp('::1')?.value, 1n)
  assert.equal(parseIp('1::')?.value, 1n << 112n)
  assert.equal(parseIp('64:ff9b::1.2.3.4')?.value, (0x64n << 112n) | (0xff9bn << 96n) | 0x01020304n)
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ProxiedAddresses, readProxyHeader, writeProxyHeader } from './header.ts'

const four: ProxiedAddresses = {
  sourceAddress: '10.1.2.3',
  sourcePort: 56324,
  destinationAddress: '192.168.0.11',
  destinationPort: 443,
}
const six: ProxiedAddresses = { sourceAddress: '2001:db8::1', sourcePort: 1, destinationAddress: '::1', destinationPort: 65535 }

describe('PROXY protocol', () => {
  for (const version of [1, 2] as const)
    for (const addresses of [four, six, undefined])
      it(`version ${version} of ${addresses?.sourceAddress ?? 'nobody'} is read as it was written, at every split`, () => {
        const header = writeProxyHeader(version, addresses)
        const bytes = Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\n')])
        for (let end = 0; end < header.length; end++) assert.equal(readProxyHeader(bytes.subarray(0, end)), 'more', `${end}`)
        assert.deepEqual(readProxyHeader(bytes), { version, length: header.length, addresses })
      })

  it('is written as the specification shows it', () => {
    assert.equal(String(writeProxyHeader(1, four)), 'PROXY TCP4 10.1.2.3 192.168.0.11 56324 443\r\n')
    assert.equal(writeProxyHeader(2, four).toString('hex'), '0d0a0d0a000d0a515549540a2111000c0a010203c0a8000bdc0401bb')
  })

  it('version 2 skips extensions, and addresses that are no IP addresses', () => {
    const extended = Buffer.concat([writeProxyHeader(2, four), Buffer.from([4, 0, 1, 7])])
    extended.writeUInt16BE(16, 14)
    assert.deepEqual(readProxyHeader(extended), { version: 2, length: 32, addresses: four })
    const unix = Buffer.concat([extended.subarray(0, 13), Buffer.from([0x31, 0, 2, 1, 1])])
    assert.deepEqual(readProxyHeader(unix), { version: 2, length: 18, addresses: undefined })
  })

  it('tells other bytes, and headers that are wrong', () => {
    for (const text of ['GET / HTTP/1.1\r\n', '\x16\x03\x01', 'PROXYING', '\r\n\r\n\0\r\nQUIR\n'])
      assert.equal(readProxyHeader(Buffer.from(text, 'latin1')), 'none', text)
    const wrong = [
      'PROXY TCP4 10.0.0.1 10.0.0.2 1\r\n',
      'PROXY TCP4 ::1 ::1 1 2\r\n',
      'PROXY TCP6 10.0.0.1 10.0.0.2 1 2\r\n',
      'PROXY TCP4 10.0.0.1 10.0.0.2 1 65536\r\n',
      'PROXY TCP4 10.0.0.1 10.0.0.2 1 2 3\r\n',
      'PROXY UDP4 10.0.0.1 10.0.0.2 1 2\r\n',
      `PROXY ${'x'.repeat(120)}`,
    ]
    for (const text of wrong) assert.equal(readProxyHeader(Buffer.from(text)), 'malformed', text)
    const short = writeProxyHeader(2, four)
    short.writeUInt16BE(8, 14)
    assert.equal(readProxyHeader(short), 'malformed')
    short[12] = 0x11
    assert.equal(readProxyHeader(short), 'malformed')
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { readClientHello } from './client-hello.ts'

/** What a real TLS client sends first. */
async function helloOf(options: { servername?: string; ALPNProtocols?: string[] }): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const { port } = address satisfies AddressInfo
  const client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  client.on('error', () => {})
  const [socket] = await once(server, 'connection')
  const [bytes] = await once(socket, 'data')
  socket.destroy()
  client.destroy()
  server.close()
  return bytes
}

test('readClientHello() reads server name and protocols of a real hello', async () => {
  const bytes = await helloOf({ servername: 'Cart.Shop.example', ALPNProtocols: ['h2', 'http/1.1'] })
  assert.deepEqual(readClientHello(bytes), { serverName: 'cart.shop.example', protocols: ['h2', 'http/1.1'] })
})

test('readClientHello() finds nothing in a hello without these extensions', async () => {
  assert.deepEqual(readClientHello(await helloOf({})), { serverName: '', protocols: [] })
})

test('readClientHello() asks for more at every cut, and never decides too early', async () => {
  const bytes = await helloOf({ servername: 'a.example' })
  for (let length = 0; length < bytes.length; length++) assert.equal(readClientHello(bytes.subarray(0, length)), 'more')
})

test('readClientHello() puts a hello together that came in several records', async () => {
  const bytes = await helloOf({ servername: 'a.example' })
  const content = bytes.subarray(5)
  const record = (part: Buffer) => Buffer.concat([Buffer.from([0x16, 3, 1, part.length >> 8, part.length & 0xff]), part])
  const split = Buffer.concat([record(content.subarray(0, 3)), record(content.subarray(3, 100)), record(content.subarray(100))])
  assert.deepEqual(readClientHello(split), { serverName: 'a.example', protocols: [] })
})

test('readClientHello() says no to what is not TLS, at the first byte', () => {
  assert.equal(readClientHello(Buffer.from('G')), 'no')
  assert.equal(readClientHello(Buffer.from([0x16, 0x80])), 'no')
})

test('readClientHello() survives lengths that lie', async () => {
  const bytes = Buffer.from(await helloOf({ servername: 'a.example' }))
  for (let at = 9; at < bytes.length; at++) {
    const broken = Buffer.from(bytes)
    broken[at] = 0xff
    assert.doesNotThrow(() => readClientHello(broken))
  }
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { canListen, isFreeOnLoopback, PortBook } from './ports.ts'

const allFree = async () => true

test('PortBook.portOf() gives a key the same port again, in another book with the same seed too', async () => {
  const book = new PortBook('/home/me/shop', allFree)
  const port = await book.portOf('shop/cart-0 app 8080')
  assert.equal(await book.portOf('shop/cart-0 app 8080'), port)
  assert.equal(await new PortBook('/home/me/shop', allFree).portOf('shop/cart-0 app 8080'), port)
})

test('PortBook.portOf() gives every key its own port, also when asked at once', async () => {
  const book = new PortBook('x', allFree, { first: 100, last: 149 })
  const ports = await Promise.all(Array.from({ length: 50 }, (_, i) => book.portOf(`key ${i}`)))
  assert.equal(new Set(ports).size, 50)
})

test('PortBook.portOf() passes over ports that others use, and says when none is left', async () => {
  const used = new Set([101, 102])
  const book = new PortBook('x', async port => !used.has(port), { first: 100, last: 102 })
  assert.equal(await book.portOf('a'), 100)
  await assert.rejects(book.portOf('b'), /Cannot assign a port to "b": all of 100-102 are in use/)
  used.delete(102)
  assert.equal(await book.portOf('b'), 102)
})

test('PortBook.portOf() gives the preferred port, or the next free one', async () => {
  const book = new PortBook('x', async port => port !== 8080)
  assert.equal(await book.portOf('gateway 80', 8080), 8081)
  assert.equal(await book.portOf('gateway 8080', 8080), 8082)
  assert.equal(await book.portOf('gateway 443', 8443), 8443)
})

test('isFreeOnLoopback() is false for a port on which somebody listens on loopback or on all addresses', async () => {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const server = createServer().listen(0, host)
    await once(server, 'listening')
    const address = server.address()
    assert.ok(address && typeof address === 'object')
    assert.equal(await isFreeOnLoopback(address.port), false)
    server.close()
    await once(server, 'close')
    assert.equal(await canListen(address.port, host), true)
  }
})

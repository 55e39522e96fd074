import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { type Answer, decode, encode, type Packet } from 'dns-packet'
import { answer, serveDns } from './server.ts'

const known: Record<string, string[]> = { 'cart.shop.svc.cluster.local': ['10.96.0.7'], 'none.shop.svc.cluster.local': [] }
const lookUp = (name: string) => known[name] ?? (name.endsWith('.cluster.local') ? [] : undefined)

function question(name: string, type: 'A' | 'AAAA' = 'A'): Buffer {
  return encode({ type: 'query', id: 77, flags: 0x0100, questions: [{ type, name }] })
}

async function ask(name: string, type?: 'A' | 'AAAA', upstreams: readonly string[] = []): Promise<Packet> {
  const reply = await answer(question(name, type), lookUp, upstreams)
  assert.ok(reply)
  return decode(reply)
}

const codeOf = ({ flags = 0 }: Packet) => flags & 15
const dataOf = (answers: readonly Answer[] | undefined) => answers?.map(entry => 'data' in entry && entry.data)

test('answer() gives the addresses of a mesh name, in whatever case it is asked for', async () => {
  const reply = await ask('Cart.Shop.svc.cluster.local')
  assert.deepEqual([reply.id, codeOf(reply), dataOf(reply.answers)], [77, 0, ['10.96.0.7']])
  assert.equal(reply.answers?.[0]?.name, 'Cart.Shop.svc.cluster.local')
})

test('answer() knows of no IPv6 address, and says that the name exists', async () => {
  const reply = await ask('cart.shop.svc.cluster.local', 'AAAA')
  assert.deepEqual([codeOf(reply), dataOf(reply.answers)], [0, []])
})

test('answer() says that there is no such name in the cluster’s domain', async () => {
  assert.equal(codeOf(await ask('nobody.shop.svc.cluster.local')), 3)
})

test('answer() passes other names on, and says when nobody answers', async () => {
  const upstream = createSocket('udp4').bind(0, '127.0.0.1')
  await once(upstream, 'listening')
  upstream.on('message', (message, { port, address }) => {
    const query = decode(message)
    const answers = [{ type: 'A', name: 'example.com', ttl: 60, data: '192.0.2.1' }] as const
    upstream.send(encode({ ...query, type: 'response', answers: [...answers] }), port, address)
  })
  const reply = await ask('example.com', 'A', [`127.0.0.1:${upstream.address().port}`])
  assert.deepEqual([reply.id, dataOf(reply.answers)], [77, ['192.0.2.1']])
  upstream.close()
  assert.equal(codeOf(await ask('example.com')), 2)
})

test('answer() is silent on what is no question', async () => {
  assert.equal(await answer(Buffer.from('garbage'), lookUp, []), undefined)
  assert.equal(await answer(encode({ type: 'response', id: 1 }), lookUp, []), undefined)
})

test('serveDns() answers over UDP', async () => {
  const server = await serveDns('127.0.0.1', 0, lookUp, [])
  const client = createSocket('udp4')
  client.send(question('cart.shop.svc.cluster.local'), server.port, '127.0.0.1')
  const [reply] = await once(client, 'message')
  assert.deepEqual(dataOf(decode(reply).answers), ['10.96.0.7'])
  client.close()
  server.close()
})

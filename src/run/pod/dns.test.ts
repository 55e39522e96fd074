import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { decode, encode } from 'dns-packet'
import { passDnsOn } from './dns.ts'

test('passDnsOn() hands a question to the server of the pod, and its answer back', async () => {
  const upstream = createSocket('udp4')
  upstream.on('message', (message, { port, address }) => {
    const { id = 0, questions = [] } = decode(message)
    const answers = questions.map(({ name }) => ({ type: 'A', name, ttl: 9, data: '192.0.2.7' }) as const)
    upstream.send(encode({ id, type: 'response', questions, answers }), port, address)
  })
  upstream.bind(0, '127.0.0.1')
  await once(upstream, 'listening')
  const port = 20_000 + Math.floor(Math.random() * 10_000)
  const said: string[] = []
  const end = await passDnsOn(port, [`127.0.0.1:${upstream.address().port}`], (_, __, message) => said.push(message))
  const client = createSocket('udp4')
  client.send(encode({ id: 5, type: 'query', questions: [{ type: 'A', name: 'example.com' }] }), port, '127.0.0.1')
  const [reply]: Buffer[] = await once(client, 'message')
  assert.ok(reply)
  const { id, answers } = decode(reply)
  assert.deepEqual([id, answers?.map(answer => ('data' in answer ? answer.data : ''))], [5, ['192.0.2.7']])
  assert.match(said[0] ?? '', /not answered yet/)
  client.close()
  upstream.close()
  end()
})

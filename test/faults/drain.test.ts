/** SIGTERM while requests are under way: each is answered, connections are told to close, and the process ends by itself. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { ready } from '../proxy/engine.ts'
import { Wire } from '../proxy/exchange.ts'
import { until } from './control-plane.ts'
import { OK, onHeads, startGood, startProxy, startUpstream } from './one-proxy.ts'

test('SIGTERM with requests in flight fails none of them', async () => {
  const waiting: Socket[] = []
  await using good = await startGood()
  await using upstream = await startUpstream(socket => onHeads(socket, () => waiting.push(socket)))
  await using proxy = await startProxy(upstream, good, ['--drain-time-s', '30', '--drain-strategy', 'immediate'])
  const [port = 0] = proxy.ports
  const idle = new Wire(port)
  idle.send('GET /good HTTP/1.1\r\nHost: shop.test\r\n\r\n')
  assert.equal((await idle.response(false)).status, 200)
  const wires = Array.from({ length: 20 }, () => new Wire(port))
  for (const wire of wires) wire.send('GET /bad HTTP/1.1\r\nHost: shop.test\r\n\r\n')
  await until('all requests are under way', () => waiting.length === wires.length)

  const exited = once(proxy.child, 'exit')
  proxy.child.kill('SIGTERM')
  await until('it drains', async () => (await ready(proxy.admin)) !== 'LIVE')
  for (const socket of waiting) socket.write(OK)
  const answers = await Promise.all(wires.map(wire => wire.response(false)))
  assert.deepEqual(
    answers.filter(({ status, body, end }) => status !== 200 || body !== 'ok' || end !== 'closed'),
    [],
  )
  for (const wire of [...wires, idle]) wire.close()
  assert.deepEqual(await exited, [0, null])
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { forwardPort } from './port-forward.ts'

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  return address.port
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  const port = await listen(server)
  server.close()
  await once(server, 'close')
  return port
}

test('forwardPort() brings bytes both ways, and a half-closed connection its answer', async () => {
  const upstream = net.createServer({ allowHalfOpen: true }, async socket => socket.end(`got ${await text(socket)}`))
  const forward = await forwardPort(
    { host: '127.0.0.1', port: await freePort() },
    { host: '127.0.0.1', port: await listen(upstream) },
  )
  const client = net.connect({ port: forward.port, host: '127.0.0.1', allowHalfOpen: true })
  client.end('all of it')
  assert.equal(await text(client), 'got all of it')
  await forward.close()
  upstream.close()
})

test('forwardPort() ends the client’s connection when nobody is there, and all connections when it closes', async () => {
  const nobody = await forwardPort({ host: '127.0.0.1', port: await freePort() }, { host: '127.0.0.1', port: await freePort() })
  const refused = net.connect(nobody.port, '127.0.0.1')
  refused.on('error', () => {})
  await once(refused, 'close')
  await nobody.close()

  const upstream = net.createServer(() => {})
  const forward = await forwardPort(
    { host: '127.0.0.1', port: await freePort() },
    { host: '127.0.0.1', port: await listen(upstream) },
  )
  const waiting = net.connect(forward.port, '127.0.0.1')
  waiting.on('error', () => {})
  await once(upstream, 'connection')
  await forward.close()
  await once(waiting, 'close')
  upstream.close()
})

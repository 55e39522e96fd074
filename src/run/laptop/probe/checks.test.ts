import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { test } from 'node:test'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { execCheck, httpCheck, tcpCheck } from './checks.ts'
import { grpcCheck } from './grpc-check.ts'

const local = (port: number) => ({ host: '127.0.0.1', port })

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  return address.port
}

test('httpCheck() takes 200 to 399 as good and says what else it got', async () => {
  const server = http.createServer((request, response) => {
    response.writeHead(Number(request.url?.slice(1)), { 'x-host': request.headers.host ?? '' }).end()
  })
  const port = await listen(server)
  const get = (path: string) => httpCheck({ ...local(port), scheme: 'HTTP', path, headers: { host: 'cart' } })(5000)
  assert.equal(await get('/200'), undefined)
  assert.equal(await get('/302'), undefined)
  assert.equal(await get('/404'), 'GET /404 answered 404')
  assert.equal(await get('/500'), 'GET /500 answered 500')
  server.close()
  await once(server, 'close')
  assert.equal(await get('/200'), 'GET /200 failed: connection refused')
})

test('httpCheck() gives up after the timeout', async t => {
  const server = http.createServer(() => {})
  t.after(() => server.close().closeAllConnections())
  const port = await listen(server)
  const check = httpCheck({ ...local(port), scheme: 'HTTP', path: '/', headers: {} })
  assert.equal(await check(50), 'GET / failed: no answer within 50 ms')
})

test('tcpCheck() is good when somebody listens', async () => {
  const server = net.createServer(socket => socket.destroy())
  const port = await listen(server)
  assert.equal(await tcpCheck(local(port))(5000), undefined)
  server.close()
  await once(server, 'close')
  assert.equal(await tcpCheck(local(port))(5000), `connection to port ${port} failed: connection refused`)
})

test('execCheck() is good on exit code 0', async () => {
  const ended = (code: number | undefined) => execCheck(['pg_isready', '-q'], async () => code)(100)
  assert.equal(await ended(0), undefined)
  assert.equal(await ended(2), '"pg_isready -q" ended with exit code 2')
  assert.equal(await ended(undefined), '"pg_isready -q" did not end within 100 ms')
})

test('grpcCheck() is good when the health service answers SERVING', async () => {
  const asked: string[] = []
  const server = new Server()
  server.addService(
    {
      check: {
        path: '/grpc.health.v1.Health/Check',
        requestStream: false,
        responseStream: false,
        requestSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: (bytes: Buffer) => bytes,
        responseDeserialize: (bytes: Buffer) => bytes,
      },
    },
    {
      check: (call: { request: Buffer }, callback: (error: null, bytes: Buffer) => void) => {
        const service = call.request.subarray(2).toString()
        asked.push(service)
        callback(null, service === 'down' ? Buffer.from([8, 2]) : Buffer.from([8, 1]))
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
  )
  assert.equal(await grpcCheck(local(port), '')(5000), undefined)
  assert.equal(await grpcCheck(local(port), 'shop.Payments')(5000), undefined)
  assert.equal(await grpcCheck(local(port), 'down')(5000), 'health check answered 2, expected 1 (SERVING)')
  assert.deepEqual(asked, ['', 'shop.Payments', 'down'])
  server.forceShutdown()
  assert.match((await grpcCheck(local(port), '')(500)) ?? '', /health check failed: /)
})

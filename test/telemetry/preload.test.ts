/** The preload in real Node programs that know nothing of traces: what they are asked with is what they ask with. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import http, { type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import grpc from '@grpc/grpc-js'

const preload = path.resolve(import.meta.dirname, '../../dist/propagate.cjs')

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const context = { traceparent: TRACE, tracestate: 'a=b', 'x-request-id': 'id-1' }

/** Asks `ASK` in the way the path says, some time later, and answers what that answered. */
const APP = `
import http, { get as named } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import grpc from '@grpc/grpc-js'
const ask = process.env.ASK
const whole = request => new Promise(resolve => request.on('response', response => response.resume().on('end', resolve)))
const client = new grpc.Client(process.env.RPC, grpc.credentials.createInsecure())
const bytes = value => value
const ways = {
  fetch: () => fetch(ask).then(answer => answer.text()),
  'fetch-own': () => fetch(ask, { headers: { traceparent: 'own' } }).then(answer => answer.text()),
  request: () => { const request = http.request(ask); request.end(); return whole(request) },
  named: () => whole(named(ask)),
  grpc: () => new Promise(resolve => client.makeUnaryRequest('/test.Test/Ask', bytes, bytes, Buffer.from('x'), resolve)),
}
const server = http.createServer(async (request, response) => {
  await sleep(5)
  await ways[request.url.slice(1)]()
  response.end('ok')
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`

describe('the preload of Node applications', () => {
  const asked: IncomingHttpHeaders[] = []
  const back = http.createServer((request, response) => {
    asked.push(request.headers)
    response.end('ok')
  })
  const rpc = new grpc.Server()
  let app: ChildProcess
  let port = 0

  before(async () => {
    await new Promise<void>(resolve => back.listen(0, '127.0.0.1', resolve))
    const bytes = (value: Buffer) => value
    const ask = {
      path: '/test.Test/Ask',
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    }
    rpc.addService(
      { ask },
      {
        ask(call: { metadata: grpc.Metadata; request: Buffer }, done: (error: null, answer: Buffer) => void) {
          const sent = Object.entries(call.metadata.getMap()).map(([name, value]) => [name, String(value)])
          asked.push(Object.fromEntries(sent))
          done(null, call.request)
        },
      },
    )
    const rpcPort = await new Promise<number>((resolve, reject) =>
      rpc.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    )
    const env = {
      ...process.env,
      NODE_OPTIONS: `--require "${preload}"`,
      ASK: `http://127.0.0.1:${(back.address() as AddressInfo).port}/`,
      RPC: `127.0.0.1:${rpcPort}`,
    }
    app = spawn(process.execPath, ['--input-type=module', '-e', APP], {
      cwd: path.resolve(import.meta.dirname, '../..'),
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    port = await new Promise<number>(resolve => app.stdout?.once('data', bytes => resolve(Number(bytes))))
  })
  after(() => {
    app.kill('SIGKILL')
    back.closeAllConnections()
    back.close()
    rpc.forceShutdown()
  })

  const call = async (way: string, headers: Readonly<Record<string, string>>) => {
    await (await fetch(`http://127.0.0.1:${port}/${way}`, { headers })).text()
  }

  for (const way of ['fetch', 'request', 'named', 'grpc'])
    it(`hands on the context of a request by ${way}`, async () => {
      asked.length = 0
      await call(way, context)
      const { traceparent, tracestate, 'x-request-id': id } = asked[0] ?? {}
      assert.deepEqual({ traceparent, tracestate, 'x-request-id': id }, context)
    })

  it('leaves alone what the application sends itself', async () => {
    asked.length = 0
    await call('fetch-own', context)
    assert.equal(asked[0]?.['traceparent'], 'own')
  })

  it('keeps requests apart that are answered at the same time', async () => {
    asked.length = 0
    const ids = Array.from({ length: 40 }, (_, i) => `id-${i}`)
    const ways = ['fetch', 'grpc', 'request']
    await Promise.all(ids.map((id, i) => call(ways[i % 3] ?? '', { 'x-request-id': id, traceparent: TRACE, tracestate: id })))
    assert.deepEqual(asked.map(headers => headers['x-request-id']).sort(), [...ids].sort())
    assert.ok(asked.every(headers => headers['tracestate'] === headers['x-request-id']))
  })

  it('hands on nothing where nothing came in', async () => {
    asked.length = 0
    await call('fetch', {})
    await call('grpc', {})
    assert.deepEqual(
      asked.map(headers => headers['traceparent']),
      [undefined, undefined],
    )
  })
})

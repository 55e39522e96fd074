import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import * as grpc from '@grpc/grpc-js'
import { HeaderList } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import { ResponseRecorder } from '../pool/response-recorder.testing.ts'
import { clientConnection, connected } from './connections.testing.ts'

/** A real gRPC server whose one method answers each message at once, doubled. */
async function grpcServer(t: TestContext): Promise<number> {
  const text = { serialize: (value: string) => Buffer.from(value), deserialize: (bytes: Buffer) => bytes.toString() }
  const server = new grpc.Server()
  server.addService(
    {
      chat: {
        path: '/shop.Chat/Double',
        requestStream: true,
        responseStream: true,
        requestSerialize: text.serialize,
        requestDeserialize: text.deserialize,
        responseSerialize: text.serialize,
        responseDeserialize: text.deserialize,
      },
    },
    {
      chat(call: grpc.ServerDuplexStream<string, string>) {
        call.on('data', (message: string) => call.write(message + message))
        call.on('end', () => call.end(new grpc.Metadata()))
      },
    },
  )
  t.after(() => server.forceShutdown())
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    )
  })
}

/** A gRPC message: not compressed, length, bytes. */
function frame(text: string): Buffer {
  const bytes = Buffer.alloc(5 + text.length)
  bytes.writeUInt32BE(text.length, 1)
  bytes.write(text, 5)
  return bytes
}

test('a gRPC stream runs in both directions at once against grpc-js', async t => {
  const port = await grpcServer(t)
  const ready = Promise.withResolvers<void>()
  const connection = clientConnection(await connected({ port, host: '127.0.0.1' }), {
    onCapacity: () => ready.resolve(),
    onDraining() {},
    onClosed() {},
  })
  t.after(() => connection.destroy())
  await ready.promise
  const head: RequestHead = {
    protocol: 'HTTP/2',
    method: 'POST',
    scheme: 'http',
    authority: 'payments',
    path: '/shop.Chat/Double',
    headers: new HeaderList(['content-type', 'application/grpc', 'te', 'trailers']),
    upgrade: undefined,
  }
  const response = new ResponseRecorder()
  const stream = connection.open(head, false, response)
  let expected = ''
  for (const word of ['a', 'bc', 'def']) {
    stream.write(frame(word), false)
    expected += frame(word + word).toString('latin1')
    // Each answer comes while the request goes on.
    await response.until(() => response.bytes === expected.length)
  }
  assert.equal(response.status, 200)
  assert.equal(response.ended, false)
  stream.write(Buffer.alloc(0), true)
  await response.done
  assert.equal(Buffer.concat(response.chunks).toString('latin1'), expected)
  assert.equal(response.trailers?.get('grpc-status'), '0')
})

test('node:http2 is not loaded', () => {
  const script = `
    await import(${JSON.stringify(new URL('./client-connection.ts', import.meta.url).href)})
    await import(${JSON.stringify(new URL('./server-connection.ts', import.meta.url).href)})
    console.log(process.moduleLoadList.includes('NativeModule http2'))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(output.trim(), 'false')
})

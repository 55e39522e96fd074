/**
 * A gRPC load (grpc-js), its own process: `node bench/grpc-client.ts unary|stream PORT COUNT`. Unary: 8 connections, 64 calls in flight,
 * fields that differ with each call. Stream: 4 connections, one stream each, 16 messages of 100 octets in flight. Prints how many were answered.
 */
import { randomUUID } from 'node:crypto'
import * as grpc from '@grpc/grpc-js'
import { ECHO } from './grpc-echo.ts'

const [kind, port, count] = process.argv.slice(2)
const total = Number(count)
const MESSAGE = Buffer.alloc(100, 'x')
const bytes = (value: Buffer) => value

const clients = Array.from(
  { length: kind === 'unary' ? 8 : 4 },
  () =>
    new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
    }),
)
let started = 0
let answered = 0

async function unary(client: grpc.Client): Promise<void> {
  while (started < total) {
    started++
    const metadata = new grpc.Metadata()
    metadata.set('x-request-id', randomUUID())
    metadata.set('traceparent', `00-${randomUUID().replaceAll('-', '')}-b7ad6b7169203331-01`)
    metadata.set('x-user', `user-${started}`)
    await new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest(ECHO.unary.path, bytes, bytes, MESSAGE, metadata, error => (error ? reject(error) : resolve()))
    })
    answered++
  }
}

function stream(client: grpc.Client): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = client.makeBidiStreamRequest(ECHO.stream.path, bytes, bytes)
    const send = () => {
      if (started++ < total) call.write(MESSAGE)
    }
    call.on('data', () => {
      answered++
      if (answered >= total) for (const end of ends) end()
      else send()
    })
    call.on('error', reject)
    call.on('status', () => resolve())
    ends.push(() => call.end())
    for (let i = 0; i < 16; i++) send()
  })
}

const ends: (() => void)[] = []
if (kind === 'unary') await Promise.all(Array.from({ length: 64 }, (_, i) => unary(clients[i % 8] ?? clients[0] ?? fail())))
else await Promise.all(clients.map(stream))
for (const client of clients) client.close()
console.log(answered)

function fail(): never {
  throw new Error('no client')
}

/**
 * The applications of the scenario topology: real servers in the test's own process, one a pod, that tell what they saw and misbehave
 * when a request asks them to (x-echo-* headers).
 */
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo, type Server } from 'node:net'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import * as grpc from '@grpc/grpc-js'
import { EchoService } from './echo-service.ts'
import { decodeFrames, encodeFrame, websocketAccept } from './websocket.ts'

export interface Backend {
  readonly pod: string
  /** "service version", as answers and expectations name it. */
  readonly served: string
  readonly port: number
  /** Requests (or connections) since the last reset. */
  received: number
  close(): Promise<void>
}

/** Failures promised so far, by key: shared by all pods, because a retry may reach another one. */
const failures = new Map<string, number>()

/** True for the first `n` requests that carry this key. */
function failsStill(n: number, key: string): boolean {
  const failed = failures.get(key) ?? 0
  if (failed >= n) return false
  failures.set(key, failed + 1)
  return true
}

export function forgetFailures(): void {
  failures.clear()
}

export function startEcho(pod: string, served: string): Promise<Backend> {
  return echo(pod, served, handle => http.createServer(handle))
}

/** Over TLS with the directory's certificate, to which the client may show its own: x-client-certificate among the headers tells its subject. */
export function startTlsEcho(pod: string, served: string, certificates: string): Promise<Backend> {
  const [cert, key] = ['cert.pem', 'key.pem'].map(name => readFileSync(path.join(certificates, name)))
  return echo(pod, served, handle =>
    https.createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      const { socket } = request
      if (socket instanceof TLSSocket)
        request.headers['x-client-certificate'] = socket.getPeerX509Certificate()?.subject ?? 'none'
      handle(request, response)
    }),
  )
}

async function echo(
  pod: string,
  served: string,
  serve: (handle: http.RequestListener) => http.Server | https.Server,
): Promise<Backend> {
  const server = serve(async (request, response) => {
    backend.received += 1
    const asked = (name: string) => String(request.headers[`x-echo-${name}`] ?? '')
    const key = asked('key')
    response.on('error', () => undefined)
    if (asked('close-first') && failsStill(Number(asked('close-first')), key)) return void request.socket.destroy()
    let bodyLength = 0
    for await (const chunk of request) bodyLength += chunk.length
    const slow = asked('slow-first') === '' || failsStill(Number(asked('slow-first')), key)
    if (asked('delay-ms') && slow) await sleep(Number(asked('delay-ms')))
    const failing = asked('fail-first') !== '' && failsStill(Number(asked('fail-first')), key)
    response.writeHead(failing ? Number(asked('fail-status') || 503) : 200, { 'x-echo-served': served, 'x-echo-pod': pod })
    const url = new URL(request.url ?? '/', 'http://backend')
    if (asked('die-after')) {
      response.write('x'.repeat(Number(asked('die-after'))))
      await sleep(20)
      return void request.socket.destroy()
    }
    if (url.pathname === '/large') return void response.end('x'.repeat(Number(url.searchParams.get('bytes'))))
    response.end(
      JSON.stringify({
        pod,
        served,
        method: request.method,
        path: request.url,
        host: request.headers.host,
        headers: request.headers,
        bodyLength,
      }),
    )
  })
  server.on('upgrade', (request, socket: Duplex) => {
    backend.received += 1
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.end()) // an upgraded socket is half-open until we say so
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nx-echo-served: ${served}\r\n` +
        `Sec-WebSocket-Accept: ${websocketAccept(String(request.headers['sec-websocket-key']))}\r\n\r\n`,
    )
    decodeFrames(socket, text => socket.write(encodeFrame(text, false)))
  })
  const backend = await listening(server, pod, served)
  return backend
}

export async function startTcp(pod: string, served: string): Promise<Backend> {
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    backend.received += 1
    socket.on('error', () => socket.destroy())
    socket.on('data', bytes => socket.write(`${served}: ${bytes.toString()}`))
    socket.on('end', () => socket.end())
  })
  const backend = await listening(server, pod, served)
  return backend
}

interface EchoMessage {
  text: string
  served?: string
  pod?: string
}

export async function startGrpc(pod: string, served: string): Promise<Backend> {
  const server = new grpc.Server()
  const backend: Backend = { pod, served, port: 0, received: 0, close: async () => server.forceShutdown() }
  const answer = (text: string): EchoMessage => ({ text, served, pod })
  const failure = (metadata: grpc.Metadata): Partial<grpc.StatusObject> | undefined => {
    const asked = (name: string) => String(metadata.get(`x-echo-${name}`)[0] ?? '')
    if (asked('grpc-status')) return { code: Number(asked('grpc-status')), details: 'as asked' }
    if (asked('fail-first') && failsStill(Number(asked('fail-first')), asked('key')))
      return { code: grpc.status.UNAVAILABLE, details: 'as asked' }
    return undefined
  }
  server.addService(EchoService.service, {
    Unary(call: grpc.ServerUnaryCall<EchoMessage, EchoMessage>, done: grpc.sendUnaryData<EchoMessage>) {
      backend.received += 1
      const failed = failure(call.metadata)
      if (failed) done(failed)
      else done(null, answer(call.request.text))
    },
    ServerStream(call: grpc.ServerWritableStream<EchoMessage, EchoMessage>) {
      backend.received += 1
      for (const text of call.request.text.split(',')) call.write(answer(text))
      call.end()
    },
    BidiStream(call: grpc.ServerDuplexStream<EchoMessage, EchoMessage>) {
      backend.received += 1
      call.on('data', (message: EchoMessage) => call.write(answer(message.text)))
      call.on('end', () => call.end())
      call.on('error', () => undefined)
    },
  })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  return Object.assign(backend, { port })
}

async function listening(server: Server | http.Server, pod: string, served: string): Promise<Backend> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { pod, served, port: (server.address() as AddressInfo).port, received: 0, close }
}

/** Makes the calls of a row as an application would: over its sidecar's HTTP_PROXY, its forwards, or the gateway's port. */
import http from 'node:http'
import net from 'node:net'
import * as grpc from '@grpc/grpc-js'
import { EchoService } from './backends.ts'
import type { GrpcCall, HttpCall, TcpCall, WebSocketCall } from './scenario.ts'
import { decodeFrames, encodeFrame } from './websocket.ts'

/** Where a caller's traffic goes in. */
export interface Entry {
  /** HTTP_PROXY port of a pod's sidecar, or the gateway's port. */
  readonly port: number
  readonly proxy: boolean
  /** "service:port" -> local port of the sidecar's forward. */
  readonly forwards: ReadonlyMap<string, number>
}

export interface HttpOutcome {
  /** 0: the connection broke before or in the middle of the answer. */
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  readonly tookMs: number
}

const DEADLINE_MS = 10_000

export function callHttp(entry: Entry, call: HttpCall, url: string): Promise<HttpOutcome> {
  const target = new URL(url)
  const started = performance.now()
  return new Promise(resolve => {
    const done = (status: number, headers: http.IncomingHttpHeaders, body: string) =>
      resolve({ status, headers, body, tookMs: performance.now() - started })
    const request = http.request({
      host: '127.0.0.1',
      port: entry.port,
      method: call.method ?? 'GET',
      path: entry.proxy ? url : target.pathname + target.search,
      // The authority as it is written: `new URL` drops ":80".
      headers: { ...call.headers, host: /^\w+:\/\/([^/?]+)/.exec(url)?.[1] ?? target.host },
      agent: false,
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    request.on('error', error => done(0, {}, String(error)))
    request.on('response', response => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', text => {
        body += text
      })
      response.on('error', error => done(0, response.headers, String(error)))
      response.on('end', () => done(response.complete ? (response.statusCode ?? 0) : 0, response.headers, body))
    })
    request.end(call.body)
  })
}

/** What came back before the connection ended; "" if nothing did. */
export function callTcp(entry: Entry, call: TcpCall): Promise<string> {
  return new Promise(resolve => {
    const socket = net.connect({ host: '127.0.0.1', port: forwardPort(entry, call.to) })
    let received = ''
    socket.setTimeout(DEADLINE_MS, () => socket.destroy())
    socket.on('data', bytes => {
      received += bytes
      socket.end()
    })
    socket.on('error', () => resolve(received))
    socket.on('close', () => resolve(received))
    socket.write(call.send)
  })
}

export interface GrpcOutcome {
  readonly code: string
  readonly served: string | undefined
  readonly pod: string | undefined
  readonly messages: readonly string[]
}

interface EchoReply {
  readonly text: string
  readonly served: string
  readonly pod: string
}

/** One client, hence one connection, for all the repetitions of a call. */
export class GrpcCaller {
  readonly #client: grpc.Client
  readonly #call: GrpcCall

  constructor(entry: Entry, call: GrpcCall) {
    const address = `127.0.0.1:${forwardPort(entry, call.to)}`
    this.#client = new EchoService(address, grpc.credentials.createInsecure(), {
      'grpc.default_authority': call.to,
      'grpc.enable_http_proxy': 0,
    })
    this.#call = call
  }

  once(): Promise<GrpcOutcome> {
    const { rpc, message } = this.#call
    const metadata = new grpc.Metadata()
    for (const [name, value] of Object.entries(this.#call.metadata ?? {})) metadata.set(name, value)
    const options = { deadline: Date.now() + DEADLINE_MS }
    const definition = EchoService.service[rpc]
    if (!definition) throw new Error(`Cannot call "${rpc}": echo.proto has no such method`)
    const { path, requestSerialize, responseDeserialize } = definition
    return new Promise(resolve => {
      const replies: EchoReply[] = []
      const finish = (status: grpc.StatusObject) =>
        resolve({
          code: grpc.status[status.code] ?? String(status.code),
          served: replies[0]?.served,
          pod: replies[0]?.pod,
          messages: replies.map(reply => reply.text),
        })
      const onReply = (reply: EchoReply) => replies.push(reply)
      if (rpc === 'Unary') {
        const unary = this.#client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          { text: message },
          metadata,
          options,
          (_error, reply) => {
            if (reply) onReply(reply)
          },
        )
        unary.on('status', finish)
      } else if (rpc === 'ServerStream') {
        const stream = this.#client.makeServerStreamRequest(
          path,
          requestSerialize,
          responseDeserialize,
          { text: message },
          metadata,
          options,
        )
        stream
          .on('data', onReply)
          .on('error', () => undefined)
          .on('status', finish)
      } else {
        const stream = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options)
        stream
          .on('data', onReply)
          .on('error', () => undefined)
          .on('status', finish)
        for (const text of message.split(',')) stream.write({ text })
        stream.end()
      }
    })
  }

  close(): void {
    this.#client.close()
  }
}

export interface WebSocketOutcome {
  readonly served: string | undefined
  readonly received: string
}

export function callWebSocket(entry: Entry, call: WebSocketCall): Promise<WebSocketOutcome> {
  const target = new URL(call.url)
  const httpUrl = call.url.replace(/^ws:/, 'http:')
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port: entry.port,
      path: entry.proxy ? httpUrl : target.pathname + target.search,
      headers: {
        host: target.host,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'bWl6emVuLXNjZW5hcmlvcw==',
      },
      agent: false,
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    request.on('error', reject)
    request.on('response', response => reject(new Error(`expected 101 to a WebSocket upgrade, got ${response.statusCode}`)))
    request.on('upgrade', (response, socket) => {
      socket.on('error', reject)
      decodeFrames(socket, received => {
        socket.destroy()
        resolve({ served: String(response.headers['x-echo-served']), received })
      })
      socket.write(encodeFrame(call.send, true))
    })
    request.end()
  })
}

function forwardPort(entry: Entry, to: string): number {
  const port = entry.forwards.get(to)
  if (port === undefined)
    throw new Error(`Cannot call "${to}": the caller has no forward for it, only ${[...entry.forwards.keys()].join(', ')}`)
  return port
}

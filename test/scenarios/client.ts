/** Makes the calls of a row as an application would: over its sidecar's HTTP_PROXY, its forwards, or the gateway's port. */
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { HttpCall, TcpCall, WebSocketCall } from './scenario.ts'
import { decodeFrames, encodeFrame } from './websocket.ts'

/** Where a caller's traffic goes in. */
export interface Entry {
  /** HTTP_PROXY port of a pod's sidecar, or the gateway's port; undefined: whom it calls decides (`forwards`). */
  readonly port: number | undefined
  readonly proxy: boolean
  /** "service:port" -> local port of the sidecar's forward, or, for a stranger, of the pod itself. */
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
    const options = {
      host: '127.0.0.1',
      port: portTo(entry, target),
      method: call.method ?? 'GET',
      path: entry.proxy ? url : target.pathname + target.search,
      // The authority as it is written: `new URL` drops ":80".
      headers: { host: /^\w+:\/\/([^/?]+)/.exec(url)?.[1] ?? target.host, ...call.headers },
      agent: false,
      signal: AbortSignal.timeout(DEADLINE_MS),
    } as const
    // Whom the certificate is for does not matter here: the server name chooses, and the answer tells who answered.
    const secure = !entry.proxy && target.protocol === 'https:'
    const request = secure
      ? https.request({ ...options, servername: target.hostname, rejectUnauthorized: false })
      : http.request(options)
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
      port: portTo(entry, target),
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

function portTo(entry: Entry, { hostname, port }: URL): number {
  return entry.port ?? forwardPort(entry, `${hostname}:${port || 80}`)
}

/** Port of the caller's sidecar that leads to a service. */
export function forwardPort(entry: Entry, to: string): number {
  const port = entry.forwards.get(to)
  if (port === undefined)
    throw new Error(`Cannot call "${to}": the caller has no forward for it, only ${[...entry.forwards.keys()].join(', ')}`)
  return port
}

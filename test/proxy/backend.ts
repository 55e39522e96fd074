/**
 * The upstream of the proxy tests: answers by path, and remembers what it saw. HTTP/1.1, HTTP/2 (gRPC-like) and plain TCP.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import http2 from 'node:http2'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'

export interface Backend extends AsyncDisposable {
  readonly http: number
  readonly http2: number
  readonly tcp: number
  /** Requests by path without query, in the order they came. */
  readonly seen: { path: string; host: string; body: string }[]
}

export async function startBackend(): Promise<Backend> {
  const seen: Backend['seen'] = []
  const failures = new Map<string, number>()
  const sockets = new Set<Socket>()
  const web = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    const url = new URL(request.url ?? '/', 'http://backend')
    const path = url.pathname.replace(/^\/(?:retry|tight|mirror|small|prefix)(?=\/)/, '')
    if (path === '/early') {
      respond(response, 413, 'too much\n')
      return
    }
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('latin1')
      seen.push({ path, host: request.headers.host ?? '', body })
      serve(path, url.searchParams, request, response, body, failures)
    })
  })
  web.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.endsWith('/refuse')) respond(response, 417, 'no\n')
    else {
      response.writeContinue()
      web.emit('request', request, response)
    }
  })
  web.on('upgrade', (request, socket) => {
    if (request.url?.startsWith('/no-upgrade')) {
      socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 3\r\n\r\nno\n')
      return
    }
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n',
    )
    socket.on('data', (bytes: Buffer) => socket.write(bytes.toString('latin1').toUpperCase()))
    socket.on('end', () => socket.end())
    socket.on('error', () => {})
  })
  web.keepAliveTimeout = 60_000
  const grpc = http2.createServer()
  grpc.on('stream', (stream, headers) => {
    const path = String(headers[':path'])
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', () => {})
    stream.on('end', () => {
      const body = Buffer.concat(chunks)
      seen.push({ path, host: String(headers[':authority']), body: body.toString('latin1') })
      if (path.endsWith('/Fail')) {
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5', 'grpc-message': 'nope' },
          { endStream: true },
        )
        return
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-protocol': 'h2' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-tail': 'yes' }))
      stream.end(body)
    })
  })
  const tcp = net.createServer({ allowHalfOpen: true }, socket => {
    socket.on('data', bytes => socket.write(`<${bytes}>`))
    socket.on('end', () => socket.end('bye'))
    socket.on('error', () => {})
  })
  const servers: Server[] = [web, grpc, tcp]
  for (const server of servers) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    })
  }
  const ports = await Promise.all(servers.map(listen))
  return {
    http: ports[0] ?? 0,
    http2: ports[1] ?? 0,
    tcp: ports[2] ?? 0,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
    },
  }
}

export function listen(server: Server): Promise<number> {
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? (address satisfies AddressInfo).port : 0)
    })
  })
}

function serve(
  path: string,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  failures: Map<string, number>,
): void {
  const [, page = '', argument = ''] = path.split('/')
  switch (page) {
    case 'status':
      respond(response, Number(argument), `status ${argument}\n`)
      return
    case 'flaky': {
      // Fails as often as asked, for each key.
      const key = query.get('key') ?? ''
      const failed = failures.get(key) ?? 0
      failures.set(key, failed + 1)
      if (failed < Number(argument)) respond(response, Number(query.get('status') ?? 503), 'flaky\n')
      else respond(response, 200, `after ${failed}: ${body}\n`)
      return
    }
    case 'slow':
      setTimeout(() => respond(response, 200, 'slow\n'), Number(argument))
      return
    case 'hang':
      return
    case 'reset':
      request.socket.resetAndDestroy()
      return
    case 'half':
      response.writeHead(200, { 'content-length': '100' })
      response.write('half')
      setTimeout(() => request.socket.destroy(), 20)
      return
    case 'trailers':
      response.writeHead(200, { trailer: 'x-tail' })
      response.write('with ')
      response.addTrailers({ 'x-tail': 'yes' })
      response.end('trailers\n')
      return
    case 'big':
      respond(response, 200, 'x'.repeat(Number(argument)))
      return
    case 'location':
      response.writeHead(Number(argument), { location: query.get('to') ?? '', 'x-hint': 'copied' })
      response.end()
      return
    case 'empty':
      response.writeHead(204)
      response.end()
      return
    case 'hints':
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      respond(response, 200, 'hinted\n')
      return
    default:
      respond(
        response,
        200,
        JSON.stringify({ method: request.method, url: request.url, headers: fields(request), body }),
        'application/json',
      )
  }
}

/** In lower case, sorted: what was sent, not how. */
function fields(request: IncomingMessage): string[] {
  const lines: string[] = []
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    lines.push(`${request.rawHeaders[i]?.toLowerCase()}: ${request.rawHeaders[i + 1]}`)
  return lines.sort()
}

function respond(response: ServerResponse, status: number, body: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': String(Buffer.byteLength(body)), 'x-from': 'backend' })
  response.end(body)
}

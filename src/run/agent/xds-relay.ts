/**
 * The way of Envoy's configuration stream to the control plane: from a unix socket, with the credentials of the workload, which change, and which Envoy
 * itself never has. Bytes go through as they are.
 */
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ChannelSecurity } from '../../xds/client/channel.ts'
import type { ServerAddress } from '../../xds/client/client.ts'
import { listenOnSocket } from './unix-socket.ts'

/** Configuration, and the shared limits of rates. Certificates are the agent's own business. */
const SERVICES = '/envoy.service.'
const UNIMPLEMENTED = '12'
const UNAVAILABLE = '14'

export class XdsRelay {
  readonly #address: ServerAddress
  readonly #security: ChannelSecurity
  readonly #server: Http2Server
  /** Of all calls; undefined: none was made yet, or it broke. */
  #session: ClientHttp2Session | undefined

  constructor(address: ServerAddress, security: ChannelSecurity) {
    this.#address = address
    this.#security = security
    this.#server = createServer()
    this.#server.on('stream', (stream, headers) => this.#relay(stream, headers))
    this.#server.on('sessionError', () => {})
  }

  /** @throws (rejects) when the path can't be listened on */
  listen(path: string): Promise<void> {
    return listenOnSocket(this.#server, path)
  }

  close(): void {
    this.#server.close()
    this.#session?.destroy()
  }

  #relay(down: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    down.on('error', () => {})
    const path = headers[':path'] ?? ''
    if (!path.startsWith(SERVICES)) {
      fail(down, UNIMPLEMENTED, `this socket serves configuration, expected a service of Envoy's, not "${path}"`)
      return
    }
    const up = this.#upstream().request({
      ':method': 'POST',
      ':path': path,
      te: 'trailers',
      'content-type': 'application/grpc',
      ...this.#security.headers(),
    })
    let trailers: IncomingHttpHeaders | undefined
    const broken = (reason: string) => {
      if (down.headersSent) down.destroy()
      else fail(down, UNAVAILABLE, reason)
    }
    up.on('error', error => broken(error.message))
    up.on('response', response => {
      const only = response['grpc-status'] !== undefined
      const head = {
        ':status': response[':status'] ?? 502,
        'content-type': 'application/grpc',
        ...(only && { 'grpc-status': response['grpc-status'], 'grpc-message': response['grpc-message'] ?? '' }),
      }
      if (!down.closed) down.respond(head, only ? { endStream: true } : { waitForTrailers: true })
    })
    up.on('trailers', received => {
      trailers = received
    })
    down.on('wantTrailers', () => {
      const { 'grpc-status': status = UNAVAILABLE, 'grpc-message': message = '' } = trailers ?? {}
      down.sendTrailers({ 'grpc-status': status, 'grpc-message': message })
    })
    up.on('close', () => {
      if (!down.headersSent) broken('the control plane ended the stream')
    })
    down.on('close', () => up.close(constants.NGHTTP2_CANCEL))
    down.pipe(up)
    up.pipe(down)
  }

  #upstream(): ClientHttp2Session {
    if (this.#session !== undefined) return this.#session
    const session = this.#connect()
    const over = () => {
      if (this.#session === session) this.#session = undefined
    }
    session.on('error', over)
    session.on('goaway', over)
    session.on('close', over)
    this.#session = session
    return session
  }

  #connect(): ClientHttp2Session {
    const tls = this.#security.tls()
    const target = { ...this.#address, noDelay: true, keepAlive: true }
    const host = 'path' in this.#address ? 'localhost' : `${this.#address.host}:${this.#address.port}`
    return connect(`${tls ? 'https' : 'http'}://${host}`, {
      createConnection: () => (tls ? connectTls({ ...target, ...tls, ALPNProtocols: ['h2'] }) : connectTcp(target)),
    })
  }
}

function fail(stream: ServerHttp2Stream, status: string, message: string): void {
  if (stream.closed) return
  const headers = {
    ':status': 200,
    'content-type': 'application/grpc',
    'grpc-status': status,
    'grpc-message': encodeURIComponent(message),
  }
  stream.respond(headers, { endStream: true })
}

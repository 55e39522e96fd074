/**
 * What the control plane may ask of a pod's proxy from outside: some pages of its admin endpoint, which listens for the pod alone. It speaks TLS on the
 * status port, and must show the control plane's own certificate; what is asked is passed on, and what is answered streamed back.
 */
import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { isControlPlane } from '../../identity/control-plane.ts'
import type { WorkloadCertificate } from '../../identity/workload/credentials.ts'

/** Nothing here changes anything, and none of it holds a key. */
const PAGES: ReadonlySet<string> = new Set(['/stats/prometheus', '/clusters', '/certs', '/requests', '/tap'])
/** First byte of a TLS record that opens a connection (RFC 8446 section 5.1, handshake); no HTTP request begins so. */
const HANDSHAKE = 22

export class Observer {
  readonly #adminPort: number
  readonly #certificate: () => WorkloadCertificate | undefined
  readonly #server: https.Server
  #used: WorkloadCertificate | undefined

  /** @param certificate of the workload; undefined while there is none */
  constructor(adminPort: number, certificate: () => WorkloadCertificate | undefined) {
    this.#adminPort = adminPort
    this.#certificate = certificate
    this.#server = https.createServer(
      { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
      (request, response) => this.#answer(request, response),
    )
    this.#server.on('tlsClientError', () => {})
  }

  /** Gives a new connection to this server or, when it does not begin with TLS, to the plain one. */
  readonly takeOrPass = (socket: Socket, plain: http.Server): void => {
    const look = () => {
      const first: unknown = socket.read(1)
      if (!Buffer.isBuffer(first)) {
        if (!socket.readableEnded) socket.once('readable', look)
        return
      }
      socket.unshift(first)
      const isTls = first[0] === HANDSHAKE
      if (isTls && !this.#prepare()) socket.destroy()
      else (isTls ? this.#server : plain).emit('connection', socket)
    }
    socket.on('error', () => socket.destroy())
    look()
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  /** @returns false: there is no certificate yet */
  #prepare(): boolean {
    const now = this.#certificate()
    if (now === undefined) return false
    if (now !== this.#used) {
      this.#server.setSecureContext({ cert: now.chain, key: now.key, ca: now.roots, ...(now.revoked && { crl: now.revoked }) })
      this.#used = now
    }
    return true
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { socket, url = '/', method } = request
    const names = socket instanceof TLSSocket ? (socket.getPeerCertificate().subjectaltname ?? '') : ''
    const isKnown = isControlPlane(names, this.#used?.chain ?? '')
    if (isKnown && method === 'GET' && PAGES.has(url.replace(/\?.*$/s, ''))) this.#passOn(url, response)
    else if (isKnown) refuse(response, 404, 'there is no such page')
    else refuse(response, 403, 'only the control plane may ask here')
  }

  #passOn(url: string, response: http.ServerResponse): void {
    const asked = http.get({ host: '127.0.0.1', port: this.#adminPort, path: url, agent: false }, answer => {
      response.writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] ?? 'text/plain' })
      answer.pipe(response)
    })
    asked.on('error', () => {
      if (response.headersSent) response.destroy()
      else refuse(response, 502, 'the proxy does not answer')
    })
    response.on('close', () => asked.destroy())
  }
}

function refuse(response: http.ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${reason}\n`)
}

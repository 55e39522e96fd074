/**
 * TLS in front of the gRPC server. The library's own can neither ask for a client certificate without requiring one, as workloads have none before
 * their first, nor change its certificate while it listens; node:tls can do both.
 */
import { createServer, type SecureContextOptions, type TLSSocket } from 'node:tls'

/** The server's certificate and the roots of its clients, which change while it listens. */
export interface TlsMaterial {
  readonly current: SecureContextOptions
  /** @returns ends the subscription */
  subscribe(changed: () => void): () => void
  /** A client showed a certificate that does not verify; it is refused. */
  refused?(peer: string, reason: string): void
}

export interface TlsListener {
  readonly port: number
  /** No more connections; those that are there stay. */
  close(): void
}

const HANDSHAKE_MS = 10_000

/** @throws (rejects) when the address cannot be listened on */
export async function listenTls(
  { host, port }: { readonly host: string; readonly port: number },
  material: TlsMaterial,
  accept: (socket: TLSSocket) => void,
): Promise<TlsListener> {
  const server = createServer(
    {
      ...material.current,
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.2',
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS,
    },
    socket => {
      socket.on('error', () => {})
      const { authorizationError } = socket
      const shown = socket.getPeerX509Certificate() !== undefined
      if (!shown || socket.authorized) accept(socket)
      else {
        material.refused?.(`${socket.remoteAddress}:${socket.remotePort}`, String(authorizationError))
        socket.destroy()
      }
    },
  )
  // A handshake that fails is the client's loss.
  server.on('tlsClientError', () => {})
  const unsubscribe = material.subscribe(() => server.setSecureContext(material.current))
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(new Error(`Cannot serve xDS on "${host}:${port}": ${error.message}`, { cause: error })))
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close() {
      unsubscribe()
      server.close()
    },
  }
}

/**
 * The HTTPS server that the API server asks: an AdmissionReview in, one out, by path. Its certificate is the control plane's own and changes while
 * it listens. A request that cannot be judged gets an error, and the webhook's failurePolicy says what that means.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { TlsMaterial } from '../../xds/server/tls-listener.ts'

/** @returns the AdmissionReview with its response @throws (also rejects) when it cannot be judged */
export type ReviewHandler = (review: unknown, url: URL) => Promise<object> | object

export interface WebhookServerOptions {
  readonly host: string
  readonly port: number
  readonly tls: TlsMaterial
  /** By path: "/validate". Paths below one are its too. */
  readonly handlers: ReadonlyMap<string, ReviewHandler>
  readonly warn: (line: string) => void
}

export interface WebhookServer {
  readonly port: number
  close(): Promise<void>
}

/** The API server's own limit for objects is half of it. */
const MOST_BYTES = 6 * 1024 * 1024

/** @throws (rejects) when the address cannot be listened on */
export async function serveWebhooks(options: WebhookServerOptions): Promise<WebhookServer> {
  const { host, port, tls } = options
  // The API server need not say who it is: what it asks for is no secret, and nothing changes by an answer.
  const server = createServer({ ...tls.current, requestCert: false, minVersion: 'TLSv1.2' }, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      options.warn(`Cannot answer the API server's ${request.url}: ${reason}`)
      if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/plain' })
      response.end(`${reason}\n`)
    })
  })
  server.on('tlsClientError', () => {})
  const unsubscribe = tls.subscribe(() => server.setSecureContext(tls.current))
  await new Promise<void>((resolve, reject) => {
    server.once('error', error =>
      reject(new Error(`Cannot serve webhooks on "${host}:${port}": ${error.message}`, { cause: error })),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise(resolve => {
        unsubscribe()
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

async function answer({ handlers }: WebhookServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://webhook')
  if (url.pathname === '/ready') {
    response.end('ready\n')
    return
  }
  const [, handle] = [...handlers].find(([path]) => url.pathname === path || url.pathname.startsWith(`${path}/`)) ?? []
  if (handle === undefined || request.method !== 'POST') {
    response.writeHead(handle === undefined ? 404 : 405).end()
    return
  }
  const length = Number(request.headers['content-length'] ?? 0)
  if (length > MOST_BYTES) throw new Error(`Cannot read a request of ${length} bytes: expected at most ${MOST_BYTES}`)
  const review: unknown = JSON.parse((await buffer(request)).toString())
  const body = JSON.stringify(await handle(review, url))
  response.writeHead(200, { 'content-type': 'application/json' }).end(body)
}

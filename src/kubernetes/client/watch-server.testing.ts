/** An HTTP server that speaks an API server's list and watch, and misbehaves when told: what a real one cannot be made to do at a certain moment. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ApiAccess } from './access.ts'

export interface WatchServer {
  readonly access: ApiAccess
  /** Of requests, oldest first: "list", or the resourceVersion that a watch began at. */
  readonly seen: readonly string[]
  /** What the next lists say. */
  items: readonly object[]
  version: string
  /** Answered instead of a list or watch, once each. */
  readonly refusals: { readonly status: number; readonly reason: string; readonly message: string }[]
  send(type: string, object: object): void
  /** Ends all watches: politely, or as a network does. */
  cut(politely: boolean): void
  close(): void
}

export async function watchServer(): Promise<WatchServer> {
  const seen: string[] = []
  const watches = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://api')
    const watching = url.searchParams.get('watch') === 'true'
    seen.push(watching ? (url.searchParams.get('resourceVersion') ?? '') : 'list')
    const refusal = own.refusals.shift()
    if (refusal) {
      response.writeHead(refusal.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ kind: 'Status', ...refusal }))
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    if (watching) {
      response.flushHeaders()
      watches.add(response)
      response.on('close', () => watches.delete(response))
    } else {
      const metadata = { resourceVersion: own.version }
      response.end(JSON.stringify({ kind: 'ServiceList', apiVersion: 'v1', metadata, items: own.items }))
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  const own: WatchServer = {
    access: {
      server: new URL(`http://127.0.0.1:${port}`),
      namespace: 'default',
      name: 'test',
      options: async () => ({}),
    },
    seen,
    items: [],
    version: '1',
    refusals: [],
    send(type, object) {
      for (const watch of watches) watch.write(`${JSON.stringify({ type, object })}\n`)
    },
    cut(politely) {
      for (const watch of watches) {
        if (politely) watch.end()
        else watch.destroy()
      }
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return own
}

/** The dashboard over HTTP: the page, its API, and for machines the ADS server's own pages. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { answerStatus } from '../../xds/server/status-page.ts'
import { installation, packageVersion } from '../installation.ts'
import { healthMetrics } from '../observe/health-metrics.ts'
import { ROUTES } from './api.ts'
import { type GuardOptions, isLoopback, mayChange, refusal } from './guard.ts'
import { HttpError } from './http-error.ts'
import { PageFiles, SECURITY_HEADERS } from './page-files.ts'
import type { DashboardParts } from './parts.ts'
import { tapRequests } from './requests-api.ts'

export interface Dashboard {
  readonly url: string
  close(): Promise<void>
}

export interface DashboardOptions {
  readonly host: string
  /** The first port that is tried; 0 picks any. */
  readonly port: number
  /** Names of this machine beside its addresses. @default none */
  readonly names?: readonly string[]
  /** Who has it may change things when the page is reachable by others. @default nobody may */
  readonly token?: string | undefined
  /** See GuardOptions. */
  readonly secret?: boolean
  readonly parts: DashboardParts
}

/** So many ports after the first are tried. */
const NEXT = 50
const MOST_BODY = 4 * 1024 * 1024

/** @throws when no port is free, or the address is not this machine's */
export async function serveDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { host, parts, names = [], token, secret = false } = options
  const guard: GuardOptions = { names, token, exposed: !isLoopback(host), secret }
  const files = new PageFiles(path.join(installation().dist, 'dashboard'))
  const server = http.createServer((request, response) => {
    answer({ parts, guard, files }, request, response).catch(error => fail(response, error))
  })
  const port = await listen(server, host, options.port)
  parts.collector.start()
  return {
    url: `http://${ownAddress(host)}:${port}`,
    close: () =>
      new Promise(resolve => {
        parts.collector.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** All addresses are none that one could open. */
function ownAddress(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

interface Context {
  readonly parts: DashboardParts
  readonly guard: GuardOptions
  readonly files: PageFiles
}

async function answer(context: Context, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const { parts, guard, files } = context
  const url = URL.parse(request.url ?? '/', 'http://dashboard')
  const route = ROUTES.get(url?.pathname ?? '')
  const asked = {
    method: request.method ?? '',
    headers: request.headers,
    changes: route?.changes === true,
    tells: url?.pathname.startsWith('/api/') === true && route?.open !== true,
    from: request.socket.remoteAddress ?? '',
  }
  const refused = refusal(asked, guard)
  if (refused) throw new HttpError(refused.status, refused.reason)
  if (!url) throw new HttpError(400, 'Cannot read the URL')
  if (url.pathname === '/api/requests/stream') tapRequests(parts, url.searchParams, request, response)
  else if (route) {
    if (route.method === 'POST' && request.method !== 'POST')
      throw new HttpError(405, `Cannot ${request.method} ${url.pathname}: expected POST`)
    const body = route.method === 'POST' ? await bodyOf(request) : undefined
    const may = mayChange(request.headers.authorization, guard)
    const value = await route.answer(parts, {
      query: url.searchParams,
      body,
      mayChange: may,
      canLogIn: !may && guard.token !== undefined,
    })
    send(response, 200, 'application/json', JSON.stringify(value))
  } else if (url.pathname === '/status.json') {
    send(response, 200, 'application/json', JSON.stringify({ mesh: parts.status(), proxies: parts.ads.status() }))
  } else if (
    !answerStatus({ ads: parts.ads, version: packageVersion, moreMetrics: () => moreMetrics(parts) }, request, response)
  ) {
    sendPage(files, url.pathname, request, response)
  }
}

function moreMetrics({ health, moreMetrics: own = () => '' }: DashboardParts): string {
  return healthMetrics(health()) + own()
}

function sendPage(files: PageFiles, pathname: string, request: http.IncomingMessage, response: http.ServerResponse): void {
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const file = files.get(pathname === '/' ? '/index.html' : pathname, accepted)
  if (file) {
    response.writeHead(200, { ...file.headers, 'content-length': file.body.length })
    response.end(request.method === 'HEAD' ? undefined : file.body)
  } else if (pathname === '/') {
    send(
      response,
      503,
      'text/plain',
      'Cannot show the page: it was not built. "npm run build" makes it; /status.json and /api/topology are there\n',
    )
  } else {
    throw new HttpError(404, `Cannot find "${pathname}"`)
  }
}

function send(response: http.ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store', ...SECURITY_HEADERS })
  response.end(body)
}

function fail(response: http.ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const status = error instanceof HttpError ? error.status : 500
  send(response, status, 'application/json', JSON.stringify({ error: error instanceof Error ? error.message : String(error) }))
}

async function bodyOf(request: http.IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > MOST_BODY) throw new HttpError(413, `Cannot read the request: expected at most ${MOST_BODY} bytes`)
    chunks.push(bytes)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new HttpError(400, 'Cannot read the request: expected JSON')
  }
}

async function listen(server: http.Server, host: string, first: number): Promise<number> {
  for (let port = first; ; port++) {
    try {
      return await new Promise<number>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve(portOf(server.address(), port))
        })
      })
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!isBusy || port >= first + NEXT) throw error
    }
  }
}

function portOf(address: AddressInfo | string | null, otherwise: number): number {
  return address !== null && typeof address === 'object' ? address.port : otherwise
}

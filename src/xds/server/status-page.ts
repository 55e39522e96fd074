/**
 * The server's window for people and monitoring: /status, /debug/syncz, /version, /ready, /metrics, for an HTTP server that others bind, which
 * should be to loopback.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdsServer } from './ads-server.ts'
import { renderMetrics } from './metrics.ts'
import { statusHtml } from './status-html.ts'

export interface StatusPageOptions {
  readonly ads: AdsServer
  /** /ready answers 503 until then. @default always ready */
  readonly ready?: () => boolean
  /** What /metrics tells besides, in Prometheus' text. @default nothing */
  readonly moreMetrics?: () => string
  /** What /version says. @default nothing */
  readonly version?: () => string
}

interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** @returns false, having touched nothing, when the path is none of these */
export function answerStatus(options: StatusPageOptions, request: IncomingMessage, response: ServerResponse): boolean {
  const page = pageAt(options, request.url?.split('?')[0])
  if (!page) return false
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
    return true
  }
  response.writeHead(page.status, {
    'content-type': page.type,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  })
  response.end(request.method === 'HEAD' ? undefined : page.body)
  return true
}

function pageAt(
  { ads, ready = () => true, moreMetrics = () => '', version = () => '' }: StatusPageOptions,
  path: string | undefined,
): Page | undefined {
  switch (path) {
    case '/status':
      return { status: 200, type: 'text/html; charset=utf-8', body: statusHtml(ads.status(), Date.now()) }
    case '/debug/syncz':
      return { status: 200, type: 'application/json', body: `${JSON.stringify(ads.status(), undefined, 2)}\n` }
    case '/version':
      return { status: 200, type: 'application/json', body: `${JSON.stringify({ version: version() })}\n` }
    case '/ready':
      return ready()
        ? { status: 200, type: 'text/plain', body: 'ready\n' }
        : { status: 503, type: 'text/plain', body: 'not ready\n' }
    case '/metrics':
      return {
        status: 200,
        type: 'text/plain; version=0.0.4',
        body: renderMetrics(ads.counters, ads.status().length) + moreMetrics(),
      }
    default:
      return undefined
  }
}

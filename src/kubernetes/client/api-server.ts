/**
 * Requests to an API server: JSON in, JSON out, and streams of events. On node:http(s) alone, because it runs in every control plane.
 * Connections are kept; a watch has one for itself.
 */
import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import type { ApiAccess } from './access.ts'
import { ApiError } from './api-error.ts'

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface ApiRequest {
  /** @default GET */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** "/api/v1/namespaces/shop/pods" */
  readonly path: string
  readonly query?: Query
  readonly body?: unknown
  /** Of the body. @default application/json */
  readonly contentType?: string
  readonly accept?: string
  readonly signal?: AbortSignal | undefined
  /** No byte for so long ends it, milliseconds. @default 30000 */
  readonly idleMs?: number
}

const IDLE_MS = 30_000

export class ApiServer {
  readonly access: ApiAccess
  readonly #agent: http.Agent
  readonly #transport: typeof http | typeof https

  constructor(access: ApiAccess) {
    this.access = access
    this.#transport = access.server.protocol === 'http:' ? http : https
    this.#agent = new this.#transport.Agent({ keepAlive: true, keepAliveMsecs: 15_000, maxFreeSockets: 4 })
  }

  /** @returns the parsed answer, whatever it is @throws (rejects) ApiError */
  async json(request: ApiRequest): Promise<unknown> {
    const body = await this.text(request)
    try {
      return JSON.parse(body)
    } catch {
      throw new ApiError(actionOf(request), 0, '', `expected JSON, got "${body.slice(0, 80)}"`)
    }
  }

  /** @throws (rejects) ApiError */
  async text(request: ApiRequest): Promise<string> {
    const response = await this.stream(request)
    try {
      return await text(response)
    } catch (error) {
      throw unanswered(request, error)
    }
  }

  /** The body of a successful answer as it comes. @throws (rejects) ApiError */
  async stream(request: ApiRequest): Promise<IncomingMessage> {
    const response = await this.#send(request).catch((error: unknown) => {
      throw unanswered(request, error)
    })
    const status = response.statusCode ?? 0
    if (status >= 200 && status < 300) return response
    const { reason, message } = readStatus(await text(response).catch(() => ''))
    throw new ApiError(actionOf(request), status, reason, message)
  }

  /** Cuts all connections. */
  close(): void {
    this.#agent.destroy()
  }

  async #send(request: ApiRequest): Promise<IncomingMessage> {
    const { headers, ...tls } = await this.access.options()
    const { server } = this.access
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    const path = `${server.pathname.replace(/\/$/, '')}${request.path}${queryText(request.query)}`
    const all: OutgoingHttpHeaders = {
      ...headers,
      accept: request.accept ?? 'application/json',
      'user-agent': 'mizzen',
      ...(body !== undefined && {
        'content-type': request.contentType ?? 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
    }
    return new Promise((resolve, reject) => {
      const sent = this.#transport.request(
        {
          ...tls,
          agent: this.#agent,
          protocol: server.protocol,
          hostname: server.hostname.replace(/^\[|\]$/g, ''),
          port: server.port || (server.protocol === 'http:' ? 80 : 443),
          path,
          method: request.method ?? 'GET',
          headers: all,
          ...(request.signal && { signal: request.signal }),
        },
        resolve,
      )
      const idleMs = request.idleMs ?? IDLE_MS
      sent.setTimeout(idleMs, () => sent.destroy(new Error(`no answer for ${idleMs / 1000} seconds`)))
      sent.on('error', reject)
      sent.end(body)
    })
  }
}

function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value))
  return parameters.size === 0 ? '' : `?${parameters}`
}

function unanswered(request: ApiRequest, error: unknown): ApiError {
  return error instanceof ApiError
    ? error
    : new ApiError(actionOf(request), 0, '', error instanceof Error ? error.message : String(error))
}

function actionOf({ method = 'GET', path }: ApiRequest): string {
  return `${method} ${path} of the API server`
}

function readStatus(body: string): { readonly reason: string; readonly message: string } {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null) {
      const reason = 'reason' in value && typeof value.reason === 'string' ? value.reason : ''
      const message = 'message' in value && typeof value.message === 'string' ? value.message : ''
      return { reason, message }
    }
  } catch {
    // no Status object: a proxy in between, or plain text
  }
  return { reason: '', message: body.slice(0, 300).trim() }
}

/**
 * An authorizer that is asked over HTTP: it gets the head of the request (at a path of its own), and its status is the answer. 200 lets the
 * request pass, 5xx is no answer at all, anything else is what the client gets.
 */
import { toByteText } from '../../../lib/byte-text.ts'
import type { ExtAuthz, HttpService } from '../../../xds/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz.ts'
import { durationMs } from '../../../xds/wire/duration.ts'
import type { Clusters } from '../../cluster/cluster.ts'
import { type Answer, exchange } from '../../cluster/exchange.ts'
import { HeaderList, type Headers } from '../../http/headers.ts'
import type { RequestHead } from '../../http/stream.ts'
import type { JsonObject } from '../../metadata/dynamic.ts'
import type { TextTest } from '../../route/string-match.ts'
import { type Authorizer, PARTIAL_BODY, type Question, type QuestionBody } from './authorizer.ts'
import { nameTest, sentHeaders } from './header-names.ts'
import type { EditKind, HeaderEdit, Ruling } from './ruling.ts'

const ALWAYS_SENT: ReadonlySet<string> = new Set(['authorization'])
/** Go to a refused client even where the names of others are listed. */
const ALWAYS_ANSWERED: ReadonlySet<string> = new Set(['location', 'www-authenticate'])
const TO_REMOVE = 'x-envoy-auth-headers-to-remove'
const NO_BODY = new Uint8Array()

export class HttpAuthorizer implements Authorizer {
  readonly cluster: string
  readonly #clusters: Clusters
  readonly #timeoutMs: number
  readonly #pathPrefix: string
  readonly #sends: TextTest
  /** name, value, name, value ... */
  readonly #added: readonly string[]
  readonly #toUpstream: TextTest | undefined
  readonly #appended: TextTest | undefined
  readonly #toRefused: TextTest | undefined
  readonly #toAllowed: TextTest | undefined
  readonly #toMetadata: TextTest | undefined

  /** @throws on settings that cannot be used */
  constructor(service: HttpService, { allowedHeaders, disallowedHeaders }: ExtAuthz, clusters: Clusters) {
    const { serverUri, pathPrefix, authorizationRequest, authorizationResponse } = service
    if (serverUri?.httpUpstreamType?.$case !== 'cluster') throw new Error('http_service.server_uri names no cluster')
    if (pathPrefix !== '' && !pathPrefix.startsWith('/')) throw new Error(`path_prefix "${pathPrefix}" does not begin with "/"`)
    this.#clusters = clusters
    this.cluster = serverUri.httpUpstreamType.value
    this.#timeoutMs = durationMs(serverUri.timeout) ?? 0
    this.#pathPrefix = toByteText(pathPrefix)
    this.#sends = sentHeaders(
      allowedHeaders ?? authorizationRequest?.allowedHeaders ?? { patterns: [] },
      disallowedHeaders,
      ALWAYS_SENT,
    )
    this.#added = (authorizationRequest?.headersToAdd ?? []).flatMap(({ key, value }) => [key.toLowerCase(), toByteText(value)])
    this.#toUpstream = nameTest(authorizationResponse?.allowedUpstreamHeaders)
    this.#appended = nameTest(authorizationResponse?.allowedUpstreamHeadersToAppend)
    this.#toRefused = nameTest(authorizationResponse?.allowedClientHeaders)
    this.#toAllowed = nameTest(authorizationResponse?.allowedClientHeadersOnSuccess)
    this.#toMetadata = nameTest(authorizationResponse?.dynamicMetadataFromHeaders)
  }

  ask({ head, body }: Question, done: (ruling: Ruling) => void): () => void {
    if (head === undefined) throw new Error('Cannot ask an HTTP authorizer about a connection of bytes')
    const about = {
      cluster: this.cluster,
      head: this.#head(head, body),
      body: body?.bytes ?? NO_BODY,
      timeoutMs: this.#timeoutMs,
    }
    return exchange(this.#clusters, about, answer =>
      done(answer instanceof Error ? { kind: 'unknown', reason: answer.message } : this.#ruling(answer)),
    )
  }

  #head(head: RequestHead, body: QuestionBody | undefined): RequestHead {
    const headers = new HeaderList()
    head.headers.forEach((name, value) => {
      if (name !== 'content-length' && this.#sends(name)) headers.add(name, value)
    })
    headers.set('content-length', String(body?.bytes.length ?? 0))
    if (body !== undefined) headers.set(PARTIAL_BODY, String(body.partial))
    for (let i = 0; i < this.#added.length; i += 2) headers.set(this.#added[i] ?? '', this.#added[i + 1] ?? '')
    const { method, scheme, authority, path } = head
    return { protocol: 'HTTP/1.1', method, scheme, authority, path: `${this.#pathPrefix}${path}`, headers, upgrade: undefined }
  }

  #ruling({ status, headers, body }: Answer): Ruling {
    if (status >= 500) return { kind: 'unknown', reason: `HTTP status ${status}` }
    const metadata = this.#metadata(headers)
    if (status !== 200) {
      const named = this.#toRefused
      return {
        kind: 'denied',
        status,
        headers: edits(headers, name => named === undefined || ALWAYS_ANSWERED.has(name) || named(name), 'set'),
        body,
        metadata,
      }
    }
    return {
      kind: 'allowed',
      upstream: [...edits(headers, this.#toUpstream, 'set'), ...edits(headers, this.#appended, 'append')],
      remove: (headers.get(TO_REMOVE) ?? '').split(',').flatMap(name => name.trim().toLowerCase() || []),
      query: undefined,
      downstream: edits(headers, this.#toAllowed, 'add'),
      metadata,
    }
  }

  #metadata(headers: Headers): JsonObject | undefined {
    const found = edits(headers, this.#toMetadata, 'set')
    return found.length === 0 ? undefined : Object.fromEntries(found.map(({ name, value }) => [name, value]))
  }
}

/** Those of the message as such, which the proxy writes itself. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'date',
  'server',
  'host',
])

function edits(headers: Headers, wanted: TextTest | undefined, kind: EditKind): HeaderEdit[] {
  const found: HeaderEdit[] = []
  if (wanted === undefined) return found
  headers.forEach((name, value) => {
    if (!OF_THE_MESSAGE.has(name) && wanted(name)) found.push({ name, value, kind })
  })
  return found
}

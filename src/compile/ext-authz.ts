/** External authorizers among the mesh configuration's extensionProviders. */
import { type Static, Type } from 'typebox'
import { Findings } from '../api/findings.ts'
import { fits } from '../api/schema/check.ts'
import { duration, mapOf, message, uint32 } from '../api/schema/message.ts'
import { prune } from '../api/schema/prune.ts'
import type { ExtAuthzProvider } from '../model/ext-authz.ts'
import { milliseconds } from './duration.ts'

const common = {
  timeout: duration({ default: '600s' }),
  failOpen: Type.Boolean(),
  clearRouteCache: Type.Boolean(),
  statusOnError: Type.String({ default: '403' }),
  includeRequestBodyInCheck: message({
    maxRequestBytes: uint32(),
    allowPartialMessage: Type.Boolean(),
    packAsBytes: Type.Boolean(),
  }),
}

const ExtAuthzGrpc = message(common, { service: Type.String(), port: uint32() })

const ExtAuthzHttp = message(
  {
    ...common,
    pathPrefix: Type.String(),
    includeHeadersInCheck: Type.Array(Type.String(), { deprecated: true }),
    includeRequestHeadersInCheck: Type.Array(Type.String()),
    includeAdditionalHeadersInCheck: mapOf(Type.String()),
    headersToUpstreamOnAllow: Type.Array(Type.String()),
    headersToDownstreamOnDeny: Type.Array(Type.String()),
    headersToDownstreamOnAllow: Type.Array(Type.String()),
  },
  { service: Type.String(), port: uint32() },
)

/** @param list the value of `extensionProviders`; providers of other kinds are skipped @returns undefined: it is not of that form */
export function readExtAuthzProviders(list: unknown): ExtAuthzProvider[] | undefined {
  if (!Array.isArray(list)) return undefined
  const found: ExtAuthzProvider[] = []
  for (const entry of list) {
    if (typeof entry !== 'object' || entry === null || typeof Reflect.get(entry, 'name') !== 'string') return undefined
    const name = String(Reflect.get(entry, 'name'))
    const grpc = prune(ExtAuthzGrpc, Reflect.get(entry, 'envoyExtAuthzGrpc'))
    const http = prune(ExtAuthzHttp, Reflect.get(entry, 'envoyExtAuthzHttp'))
    if (grpc !== undefined && grpc !== null) {
      if (!fits(ExtAuthzGrpc, grpc, new Findings())) return undefined
      found.push({ ...provider(name, grpc), http: undefined })
    } else if (http !== undefined && http !== null) {
      if (!fits(ExtAuthzHttp, http, new Findings())) return undefined
      found.push({ ...provider(name, http), http: httpSettings(http) })
    }
  }
  return found
}

function provider(name: string, spec: Static<typeof ExtAuthzGrpc>): Omit<ExtAuthzProvider, 'http'> {
  const body = spec.includeRequestBodyInCheck
  return {
    name,
    service: spec.service,
    port: spec.port,
    timeoutMs: milliseconds(spec.timeout),
    failOpen: spec.failOpen ?? false,
    statusOnError: spec.statusOnError ? Number(spec.statusOnError) : undefined,
    clearRouteCache: spec.clearRouteCache ?? false,
    body: body && {
      maxBytes: body.maxRequestBytes ?? 0,
      allowPartial: body.allowPartialMessage ?? false,
      asBytes: body.packAsBytes ?? false,
    },
  }
}

function httpSettings(spec: Static<typeof ExtAuthzHttp>): ExtAuthzProvider['http'] {
  return {
    pathPrefix: spec.pathPrefix ?? '',
    includeHeaders: spec.includeRequestHeadersInCheck ?? spec.includeHeadersInCheck ?? [],
    addedHeaders: Object.entries(spec.includeAdditionalHeadersInCheck ?? {}).map(([name, value]) => ({ name, value })),
    headersToUpstream: spec.headersToUpstreamOnAllow ?? [],
    headersToDownstreamOnDeny: spec.headersToDownstreamOnDeny ?? [],
    headersToDownstreamOnAllow: spec.headersToDownstreamOnAllow ?? [],
  }
}

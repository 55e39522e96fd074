/**
 * What one proxy is started with or told of itself (Istio's ProxyConfig): of the mesh, its namespace or its workload, the closest goes first,
 * field by field. An absent field has the data plane's default. Lengths of time in milliseconds, sizes in bytes.
 */
export interface ProxySettings {
  /** Worker threads; 0: as many as processors. */
  readonly concurrency?: number | undefined
  readonly drainMs?: number | undefined
  readonly terminationDrainMs?: number | undefined
  readonly statusPort?: number | undefined
  readonly adminPort?: number | undefined
  readonly discoveryAddress?: string | undefined
  /** Environment of the proxy. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly runtime?: Readonly<Record<string, string>> | undefined
  readonly extraStatTags?: readonly string[] | undefined
  readonly holdApplication?: boolean | undefined
  readonly imageType?: string | undefined
  readonly tracing?: ProxyTracing | undefined
  readonly statsInclusion?:
    | {
        readonly prefixes: readonly string[]
        readonly suffixes: readonly string[]
        readonly expressions: readonly string[]
      }
    | undefined
  readonly trustedProxies?: number | undefined
  readonly gatewayClientCertificate?: ClientCertificateHeader | undefined
  readonly proxyProtocol?: boolean | undefined
  readonly headers?: ProxyHeaderSettings | undefined
  readonly connections?: ConnectionLimits | undefined
}

/** Tracing from before there were extension providers. */
export interface ProxyTracing {
  readonly zipkinAddress: string | undefined
  readonly datadogAddress: string | undefined
  readonly samplingPercent: number | undefined
  readonly maxPathLength: number | undefined
  readonly tags: Readonly<Record<string, SpanTag>>
  readonly meshTags: boolean
}

export type SpanTag =
  | { readonly kind: 'literal' | 'formatter'; readonly value: string }
  | { readonly kind: 'environment' | 'header'; readonly name: string; readonly fallback: string }

export type ClientCertificateHeader = 'sanitize' | 'forward-only' | 'append-forward' | 'sanitize-set' | 'always-forward-only'

export interface ProxyHeaderSettings {
  readonly clientCertificate?: ClientCertificateHeader | undefined
  readonly certificateParts?:
    | {
        readonly subject: boolean
        readonly cert: boolean
        readonly chain: boolean
        readonly dns: boolean
        readonly uri: boolean
      }
    | undefined
  readonly noRequestId?: boolean | undefined
  readonly noServer?: boolean | undefined
  readonly server?: string | undefined
  readonly noAttemptCount?: boolean | undefined
  readonly noDebugHeaders?: boolean | undefined
  readonly peerMetadataInMeshOnly?: boolean | undefined
  readonly keepCase?: boolean | undefined
  readonly forwardedHost?: boolean | undefined
  readonly forwardedPort?: boolean | undefined
}

export interface ConnectionLimits {
  /** A gateway that strangers reach: Envoy's advice holds where nothing is said. */
  readonly edge?: boolean | undefined
  readonly listenerBuffer?: number | undefined
  readonly clusterBuffer?: number | undefined
  readonly idleMs?: number | undefined
  readonly requestMs?: number | undefined
  readonly headersMs?: number | undefined
  readonly streamIdleMs?: number | undefined
  readonly maxStreams?: number | undefined
  readonly streamWindow?: number | undefined
  readonly connectionWindow?: number | undefined
  readonly underscores?: 'allow' | 'reject' | 'drop' | undefined
  readonly mergeSlashes?: boolean | undefined
  readonly escapedSlashes?: 'default' | 'keep' | 'reject' | 'redirect' | 'forward' | undefined
  readonly maxConnections?: number | undefined
}

/** What holds when something closer to the proxy says `closer`: its fields, and of maps and headers the single entries. */
export function mergeProxySettings(wider: ProxySettings, closer: ProxySettings): ProxySettings {
  return {
    ...wider,
    ...given(closer),
    metadata: together(wider.metadata, closer.metadata),
    runtime: together(wider.runtime, closer.runtime),
    headers: together(wider.headers, closer.headers),
    connections: together(wider.connections, closer.connections),
  }
}

function together<Part extends object>(wider: Part | undefined, closer: Part | undefined): Part | undefined {
  return wider && closer ? { ...wider, ...given(closer) } : (closer ?? wider)
}

/** Without the fields that are undefined. */
function given<Part extends object>(part: Part): Partial<Part> {
  const copy = { ...part }
  for (const [name, value] of Object.entries(part)) if (value === undefined) Reflect.deleteProperty(copy, name)
  return copy
}

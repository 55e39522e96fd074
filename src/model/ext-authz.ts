/** External authorizers, as the mesh configuration declares them (Istio's extensionProviders envoyExtAuthzHttp and envoyExtAuthzGrpc). */

export interface ExtAuthzProvider {
  readonly name: string
  /** "host" or "namespace/host" of a service of the mesh. */
  readonly service: string
  readonly port: number
  /** undefined: 600 s. */
  readonly timeoutMs: number | undefined
  /** An authorizer that cannot be asked lets requests through. */
  readonly failOpen: boolean
  /** The answer while it cannot be asked. @default 403 */
  readonly statusOnError: number | undefined
  /** The route is chosen again after the check. */
  readonly clearRouteCache: boolean
  readonly body: { readonly maxBytes: number; readonly allowPartial: boolean; readonly asBytes: boolean } | undefined
  /** undefined: gRPC. */
  readonly http: ExtAuthzHttp | undefined
}

/** Header names may end in "*". */
export interface ExtAuthzHttp {
  readonly pathPrefix: string
  readonly includeHeaders: readonly string[]
  readonly addedHeaders: readonly { readonly name: string; readonly value: string }[]
  readonly headersToUpstream: readonly string[]
  readonly headersToDownstreamOnDeny: readonly string[]
  readonly headersToDownstreamOnAllow: readonly string[]
}

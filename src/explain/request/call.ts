/** A connection with (perhaps) a request on it, as it arrives at a proxy. */

export interface Call {
  /** direct: the client connected to address:port. inbound, outbound: the connection was redirected to the proxy, from that destination. */
  readonly mode: 'direct' | 'inbound' | 'outbound'
  readonly address: string
  readonly port: number
  /** tcp: bytes that are not HTTP. */
  readonly protocol: 'http' | 'http2' | 'tcp'
  readonly tls: 'plaintext' | 'tls' | 'mtls'
  /** "": none. */
  readonly sni: string
  /** Protocols offered in the TLS handshake. */
  readonly alpn: readonly string[]
  /** Host header or :authority. */
  readonly host: string
  /** With its query. */
  readonly path: string
  readonly method: string
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The protocol asked for by Upgrade, such as "websocket". */
  readonly upgrade?: string
  /** Where the connection comes from. @default the proxy's own address */
  readonly source?: string
  /** The identity in the client's certificate: "spiffe://cluster.local/ns/shop/sa/web". */
  readonly principal?: string
  /**
   * The certificate's secret by which a filter chain counts as one for mutual TLS: then such chains take mTLS alone, and others everything
   * but that. undefined: a chain takes what a real handshake would.
   */
  readonly mtlsSecret?: string
}

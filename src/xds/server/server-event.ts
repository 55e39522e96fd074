/** What happens between the server and its proxies, for logs, counters and tests. */
export type ServerEvent =
  | { readonly kind: 'connected'; readonly node: string; readonly stream: string }
  | { readonly kind: 'disconnected'; readonly node: string; readonly stream: string }
  | (Exchange & { readonly kind: 'sent'; readonly version: string; readonly changes: number; readonly bytes: number })
  | (Exchange & { readonly kind: 'acked' })
  /** @property resources what was refused for good; empty while the culprit among several is still to be found */
  | (Exchange & { readonly kind: 'nacked'; readonly detail: string; readonly resources: readonly string[] })
  /** The proxy stays on what it has. */
  | { readonly kind: 'source-failed'; readonly node: string; readonly error: unknown }

interface Exchange {
  readonly node: string
  readonly stream: string
  /** Type URL. */
  readonly type: string
  readonly nonce: string
}

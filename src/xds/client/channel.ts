/** How a call is secured and who makes it: TLS towards the server, a token in the headers. Asked anew for each call, as both change. */
import type { ConnectionOptions } from 'node:tls'

export interface ChannelSecurity {
  /** What node:tls connects with; undefined: plaintext. */
  tls(): ConnectionOptions | undefined
  /** Headers of each call, `authorization` above all. */
  headers(): Readonly<Record<string, string>>
}

/** A peer on a unix socket whose mode keeps others out. */
export const OPEN_CHANNEL: ChannelSecurity = { tls: () => undefined, headers: () => ({}) }

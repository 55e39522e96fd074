/** TLS towards clients (envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext). */
import type { Socket } from 'node:net'
import type { TransportSocket } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { messageName } from '../../xds/wire/type-url.ts'

export interface TlsTermination {
  /** @param done called when the handshake is through, with the socket of plain bytes; not when it failed */
  terminate(socket: Socket, done: (secure: Socket, alpn: string) => void): void
}

/** @returns undefined: plain bytes @throws on what can't be used */
export function readTlsTermination(config: TransportSocket | undefined): TlsTermination | undefined {
  const typed = config?.configType?.value
  const name = typed === undefined ? config?.name : messageName(typed.typeUrl)
  if (name === undefined || name === 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer') return undefined
  throw new Error(`transport socket "${name}" is not supported, expected raw_buffer or tls`)
}

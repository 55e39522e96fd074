/** Accepted connections as transports. */
import type { Socket } from 'node:net'
import { readIntoSharedBuffer } from './shared-read.ts'
import { SocketTransport } from './socket-transport.ts'
import type { Transport, TransportHandler } from './transport.ts'

/**
 * What a net.Server is to be created with for `acceptTransport`: nothing is read before there is a handler, each half closes on its
 * own, and small writes go out at once (they are gathered already).
 */
export const ACCEPT_OPTIONS = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true } as const

/** Takes over an accepted socket (plain, TLS or unix) and starts to read: into the shared buffer where Node lets us, by 'data' events elsewhere. */
export function acceptTransport(socket: Socket, handler: TransportHandler): Transport {
  const transport = new SocketTransport(socket, handler)
  readIntoSharedBuffer(socket, transport)
  // Also what was read already, when somebody peeked: it comes before anything that is read from now on.
  socket.on('data', (bytes: Buffer) => transport.handler.onBytes(bytes))
  // A socket that was paused on connect stays so until told.
  socket.resume()
  return transport
}

/** Accepted connections as transports. */
import type { Socket } from 'node:net'
import { SocketTransport } from './socket-transport.ts'
import type { Transport, TransportHandler } from './transport.ts'

/**
 * What a net.Server is to be created with for `acceptTransport`: nothing is read before there is a handler, each half closes on its
 * own, and small writes go out at once (they are gathered already).
 */
export const ACCEPT_OPTIONS = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true } as const

/**
 * Takes over an accepted socket (plain, TLS or unix) and starts to read. Accepted sockets have no documented way to read into a
 * buffer of ours, so these read by 'data' events.
 */
export function acceptTransport(socket: Socket, handler: TransportHandler): Transport {
  const transport = new SocketTransport(socket, handler)
  socket.on('data', (bytes: Buffer) => transport.handler.onBytes(bytes))
  // A socket that was paused on connect stays so until told.
  socket.resume()
  return transport
}

/**
 * A connection as a socket of Node's, for what needs one: TLS. Plain connections are made by net/connect.ts, whose transports read into a
 * shared buffer.
 */
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import type { ConnectAttempt } from '../net/connect.ts'
import type { TlsAttempt } from './tls-origination.ts'

/** Who hears how an attempt went: one call, not before `connectSocket` returns, unless it was cancelled. */
export interface SocketListener {
  onSocket(socket: Socket): void
  onSocketFailed(error: Error): void
}

/** Both ends of a connection, as far as they are known. */
export interface Ends {
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

/** What goes out before all else, TLS included. */
export type Preface = (ends: Ends) => Buffer

/** @param tls undefined: plain */
export function connectSocket(
  target: NetConnectOpts,
  tls: TlsAttempt | undefined,
  listener: SocketListener,
  preface?: Preface,
): ConnectAttempt {
  const plain = connect({ ...target, noDelay: true })
  // Heard before TLS hears it, which sends its first bytes then.
  if (preface) plain.once('connect', () => plain.write(preface(plain)))
  const socket = tls ? process.getBuiltinModule('node:tls').connect({ ...tls.options, socket: plain }) : plain
  if (tls) socket.on('session', tls.onSession)
  let over = false
  const onFailed = (error: Error) => {
    if (over) return
    over = true
    plain.destroy()
    listener.onSocketFailed(error)
  }
  const onEnd = () => onFailed(new Error('the peer closed the connection before it was established'))
  // Errors of the plain socket under TLS appear on the TLS socket, but one must listen to both.
  plain.on('error', onFailed)
  socket.on('error', onFailed)
  socket.on('close', onEnd)
  socket.once(tls ? 'secureConnect' : 'connect', () => {
    if (over) return
    over = true
    socket.off('close', onEnd)
    listener.onSocket(socket)
  })
  return {
    cancel() {
      over = true
      plain.destroy()
    },
  }
}

/**
 * Looks at the first bytes of an accepted socket without taking them: whoever handles the connection afterwards reads them again.
 */
import type { Socket } from 'node:net'

/** @returns true when it has seen enough; false: call again when there is more */
export type Look = (bytes: Buffer) => boolean

export interface Peek {
  /** Stops looking; what was read is given back. The `done` callback is not called any more. */
  stop(): void
}

/**
 * @param socket paused since it was accepted
 * @param most bytes to look at; after them `done` is called whatever `look` says
 * @param done `undefined` when the peer ended or broke the connection before there was enough to see
 */
export function peek(socket: Socket, most: number, look: Look, done: (bytes: Buffer | undefined) => void): Peek {
  let seen: Buffer = NOTHING
  const stop = () => {
    socket.off('readable', onReadable)
    socket.off('end', onEnd)
    socket.off('close', onEnd)
    if (seen.length > 0 && !socket.destroyed) socket.unshift(seen)
  }
  const onEnd = () => {
    stop()
    done(undefined)
  }
  const onReadable = () => {
    const chunk: unknown = socket.read()
    if (!Buffer.isBuffer(chunk)) return
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
    if (!look(seen) && seen.length < most) return
    stop()
    done(seen)
  }
  socket.on('readable', onReadable)
  socket.on('end', onEnd)
  socket.on('close', onEnd)
  return { stop }
}

const NOTHING = Buffer.alloc(0)

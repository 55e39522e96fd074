/** As much of RFC 6455 as a text message each way needs: short frames, masked by clients. */
import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'

export function websocketAccept(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

/** One text frame of at most 125 bytes (RFC 6455 section 5.2). */
export function encodeFrame(text: string, masked: boolean): Buffer {
  const payload = Buffer.from(text)
  const mask = masked ? Buffer.from([1, 2, 3, 4]) : Buffer.alloc(0)
  const body = masked ? payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0)) : payload
  return Buffer.concat([Buffer.from([0x81, (masked ? 0x80 : 0) | payload.length]), mask, body])
}

/** Calls `onText` for each text frame that arrives. */
export function decodeFrames(socket: Duplex, onText: (text: string) => void): void {
  let buffer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    buffer = Buffer.concat([buffer, bytes])
    while (buffer.length >= 2) {
      const masked = ((buffer[1] ?? 0) & 0x80) !== 0
      const length = (buffer[1] ?? 0) & 0x7f
      const start = 2 + (masked ? 4 : 0)
      if (buffer.length < start + length) return
      const mask = buffer.subarray(2, start)
      const payload = buffer.subarray(start, start + length)
      if ((buffer[0] ?? 0) === 0x81)
        onText(Buffer.from(payload.map((byte, i) => (masked ? byte ^ (mask[i % 4] ?? 0) : byte))).toString())
      buffer = buffer.subarray(start + length)
    }
  })
}

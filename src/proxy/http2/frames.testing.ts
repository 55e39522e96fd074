/** For tests: a server connection on a transport without a socket, spoken to in frames made by hand. */
import { HeaderList } from '../http/headers.ts'
import type { RequestHead, ResetReason, ServerStream } from '../http/stream.ts'
import { MemoryTransport } from '../net/memory-transport.testing.ts'
import { serverConnection } from './connections.testing.ts'
import * as frame from './frame.ts'
import type { Http2Options } from './options.ts'

export function bytesOf(type: number, flags: number, stream: number, payload: Uint8Array | string = ''): string {
  const body = typeof payload === 'string' ? payload : Buffer.from(payload).toString('latin1')
  const head = Buffer.alloc(frame.FRAME_HEAD)
  head.writeUIntBE(body.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return head.toString('latin1') + body
}

export function uint32Text(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes.toString('latin1')
}

/** A literal field without indexing, its name said in full. */
export function literal(name: string, value: string): string {
  return `\0${String.fromCharCode(name.length)}${name}${lengthText(value.length)}${value}`
}

function lengthText(length: number): string {
  if (length < 127) return String.fromCharCode(length)
  let text = '\x7f'
  let rest = length - 127
  for (; rest >= 128; rest >>= 7) text += String.fromCharCode((rest & 127) | 128)
  return text + String.fromCharCode(rest)
}

/** GET http / without authority, all from the static table, then :authority. */
export const GET = `\x82\x86\x84${literal(':authority', 'shop')}`
export const POST = `\x83\x86\x84${literal(':authority', 'shop')}`

export const GREETING = frame.PREFACE.toString('latin1') + bytesOf(frame.SETTINGS, 0, 0)

export interface Written {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: string
}

export class Peer {
  readonly transport = new MemoryTransport()
  readonly requests: { stream: ServerStream; head: RequestHead }[] = []
  readonly resets: ResetReason[] = []
  readonly problems: string[] = []
  bytes = 0
  ends = 0
  /** What is done with a request: 'answer' at once, or 'wait'. */
  mode: 'answer' | 'wait' = 'wait'

  constructor(options: Partial<Http2Options> = {}) {
    serverConnection(
      this.transport,
      {
        onRequest: (stream, head, last) => {
          this.requests.push({ stream, head })
          if (last) this.ends++
          if (this.mode === 'answer') stream.respond({ status: 200, headers: new HeaderList() }, true)
          return {
            onData: (chunk, ended) => {
              this.bytes += chunk.length
              if (ended) this.ends++
            },
            onTrailers: () => void this.ends++,
            onReset: reason => void this.resets.push(reason),
            onWritable() {},
          }
        },
        onProtocolError: reason => void this.problems.push(reason),
      },
      options,
    )
  }

  send(text: string): void {
    this.transport.receive(text)
  }

  /** The frames written so far; they are taken. */
  take(): Written[] {
    const { written } = this.transport
    this.transport.written = ''
    const frames: Written[] = []
    for (let at = 0; at < written.length; ) {
      const head = Buffer.from(written.slice(at, at + 9), 'latin1')
      const length = head.readUIntBE(0, 3)
      frames.push({
        type: head[3] ?? 0,
        flags: head[4] ?? 0,
        stream: head.readUInt32BE(5),
        payload: written.slice(at + 9, at + 9 + length),
      })
      at += 9 + length
    }
    return frames
  }

  /** The code of the GOAWAY among what was written; undefined: there is none. */
  get goaway(): number | undefined {
    const found = this.take().find(written => written.type === frame.GOAWAY)
    return found && Buffer.from(found.payload, 'latin1').readUInt32BE(4)
  }

  get over(): boolean {
    return this.transport.ended || this.transport.state !== 'open'
  }
}

/** One request, one response. */
import type { Clock } from '../../lib/clock.ts'
import type { ChannelSecurity } from './channel.ts'
import type { ServerAddress } from './client.ts'
import { GrpcStream } from './grpc-stream.ts'

export interface UnaryCallOptions {
  readonly address: ServerAddress
  readonly security: ChannelSecurity
  /** `/package.Service/Method` */
  readonly path: string
  readonly clock: Clock
  /** Milliseconds until it is given up. */
  readonly timeoutMs: number
}

const MAX_RESPONSE_BYTES = 1024 * 1024

/** @returns the encoded response @throws (rejects) with the server's words, or why it cannot be reached */
export function unaryCall(options: UnaryCallOptions, request: Uint8Array): Promise<Uint8Array> {
  const { clock, timeoutMs } = options
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => {
      stream.close()
      reject(new Error(`no answer within ${timeoutMs / 1000} s`))
    })
    const stream = new GrpcStream(
      { ...options, maxMessageBytes: MAX_RESPONSE_BYTES },
      {
        onConnected() {
          stream.send(request)
          stream.finish()
        },
        onMessage(message) {
          cancel()
          // A view into what was received, which the stream may use again.
          resolve(Buffer.from(message))
          stream.close()
        },
        onEnd(reason) {
          cancel()
          reject(new Error(reason))
        },
      },
    )
  })
}

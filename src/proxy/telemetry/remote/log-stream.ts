/** Sends batches of log entries over one long stream, which is opened when there is something to send, and again when it has ended. */
import type { Clock } from '../../../lib/clock.ts'
import type { GrpcStream } from '../../cluster/grpc-stream.ts'
import type { SendItems } from '../report-queue.ts'

/** A stream on which nothing has failed for so long has reached somebody. */
const CONFIRMED_MS = 500

/** @param open opens the stream @param encode a batch; `first` on a new stream, which is to say whose logs these are */
export function overStream<Item>(
  open: (ended: (reason: string) => void) => GrpcStream | string,
  encode: (items: readonly Item[], first: boolean) => Uint8Array,
  clock: Clock,
): SendItems<Item> {
  let stream: GrpcStream | undefined
  let onEnd: ((reason: string) => void) | undefined
  return (items, done) => {
    const first = stream === undefined
    if (stream === undefined) {
      const opened = open(reason => {
        stream = undefined
        onEnd?.(reason)
      })
      if (typeof opened === 'string') {
        clock.after(0, () => done(opened))
        return
      }
      stream = opened
    }
    if (!stream.send(encode(items, first))) {
      clock.after(0, () => done('the collector takes them too slowly'))
      return
    }
    // Whether a new stream has reached anybody shows a moment later; on one that stands, nothing is ever said of single messages.
    const cancel = clock.after(first ? CONFIRMED_MS : 0, () => {
      onEnd = undefined
      done(undefined)
    })
    onEnd = reason => {
      onEnd = undefined
      cancel()
      done(reason)
    }
  }
}

/** Counts the messages in a gRPC body (gRPC over HTTP/2: one byte of flags, four of length, the message), however it is cut into chunks. */
const PREFIX = 5

export class GrpcMessages {
  /** Bytes of the message under way that are still to come. */
  #left = 0
  /** Bytes of the prefix that have come. */
  #prefix = 0
  #length = 0

  /** @returns how many messages began in it */
  feed(chunk: Uint8Array): number {
    let begun = 0
    let at = 0
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at)
        this.#left -= step
        at += step
        continue
      }
      if (this.#prefix > 0) this.#length = this.#length * 256 + (chunk[at] ?? 0)
      this.#prefix++
      at++
      if (this.#prefix < PREFIX) continue
      begun++
      this.#left = this.#length
      this.#prefix = 0
      this.#length = 0
    }
    return begun
  }
}

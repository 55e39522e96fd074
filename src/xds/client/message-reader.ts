/**
 * Cuts a gRPC stream into messages: a byte for compression, four for the length, then the message. gRPC over HTTP/2, "Length-Prefixed-Message".
 */
const PREFIX = 5

export class MessageReader {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #size = 0
  /** Bytes to wait for: the prefix, then the whole message. */
  #need = PREFIX

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @returns the messages that are complete now, as views @throws on compressed or too large messages */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const messages: Buffer[] = []
    while (this.#size >= this.#need) {
      const bytes = this.#gathered()
      if (this.#need === PREFIX) this.#need = PREFIX + this.#lengthIn(bytes)
      if (bytes.length < this.#need) continue
      messages.push(bytes.subarray(PREFIX, this.#need))
      const rest = bytes.subarray(this.#need)
      this.#chunks = rest.length > 0 ? [rest] : []
      this.#size = rest.length
      this.#need = PREFIX
    }
    return messages
  }

  #gathered(): Buffer {
    const [first] = this.#chunks
    const bytes = first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    this.#chunks = [bytes]
    return bytes
  }

  #lengthIn(bytes: Buffer): number {
    if (bytes[0] !== 0) throw new Error('Cannot read a gRPC message: it is compressed, expected identity as was announced')
    const length = bytes.readUInt32BE(1)
    if (length > this.#maxBytes) {
      throw new Error(`Cannot read a gRPC message: it has ${length} bytes, expected at most ${this.#maxBytes}`)
    }
    return length
  }
}

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX + message.length)
  framed[0] = 0
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, PREFIX)
  return framed
}

/**
 * Where header blocks are encoded: one growing buffer for the process, because an encoded block is copied on before the next one begins.
 */

/** Room for a frame header in front of the block, so that both go out in one piece. */
export const HEADROOM = 9

export class BlockWriter {
  bytes = Buffer.allocUnsafeSlow(16 * 1024)
  at = HEADROOM

  begin(): void {
    this.at = HEADROOM
  }

  /** RFC 7541 section 5.1. @param pattern the bits above the prefix @param mask the prefix, all ones */
  integer(pattern: number, mask: number, value: number): void {
    this.#reserve(6)
    const { bytes } = this
    if (value < mask) {
      bytes[this.at++] = pattern | value
      return
    }
    bytes[this.at++] = pattern | mask
    let rest = value - mask
    while (rest >= 0x80) {
      bytes[this.at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[this.at++] = rest
  }

  /** One octet a character, without Huffman's code: bytes between sidecars are cheaper than the time to squeeze them. */
  string(text: string): void {
    const length = text.length
    this.integer(0, 0x7f, length)
    this.#reserve(length)
    const { bytes } = this
    let { at } = this
    // A native call costs more than a short loop.
    if (length > 40) at += bytes.write(text, at, 'latin1')
    else for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i)
    this.at = at
  }

  #reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + count))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }
}

export const blockWriter = new BlockWriter()

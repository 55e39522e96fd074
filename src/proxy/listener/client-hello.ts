/**
 * Reads SNI and ALPN out of the first bytes of a TLS connection (RFC 8446 section 4.1.2), without taking part in it.
 */
export interface ClientHello {
  /** In lower case; empty when the client names none. */
  readonly serverName: string
  readonly protocols: readonly string[]
}

/** @returns 'more': not yet all there; 'no': this is not TLS */
export function readClientHello(bytes: Buffer): ClientHello | 'more' | 'no' {
  const hello = handshake(bytes)
  if (typeof hello === 'string') return hello
  const reader = new Reader(hello)
  reader.skip(2 + 32) // legacy_version, random
  reader.skip(reader.number(1)) // legacy_session_id
  reader.skip(reader.number(2)) // cipher_suites
  reader.skip(reader.number(1)) // legacy_compression_methods
  const extensions = new Reader(reader.take(reader.number(2)))
  let serverName = ''
  let protocols: readonly string[] = []
  while (extensions.left > 0) {
    const type = extensions.number(2)
    const content = new Reader(extensions.take(extensions.number(2)))
    if (type === SERVER_NAME) serverName = readServerName(content)
    else if (type === ALPN) protocols = readProtocols(content)
  }
  return { serverName, protocols }
}

const HANDSHAKE_RECORD = 0x16
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const ALPN = 16
/** Larger hellos are nobody's. */
const MOST = 64 * 1024

/** The hello's content, put together from as many records as it came in. */
function handshake(bytes: Buffer): Buffer | 'more' | 'no' {
  const parts: Buffer[] = []
  let length = 0
  let wanted = -1
  for (let at = 0; wanted < 0 || length < wanted; ) {
    if (at >= bytes.length) return 'more'
    if (bytes[at] !== HANDSHAKE_RECORD || (bytes[at + 1] ?? 3) !== 3) return 'no'
    if (bytes.length < at + 5) return 'more'
    const size = bytes.readUInt16BE(at + 3)
    const part = bytes.subarray(at + 5, at + 5 + size)
    parts.push(part)
    length += part.length
    if (wanted < 0 && length >= 4) {
      const head = Buffer.concat(parts)
      if (head[0] !== CLIENT_HELLO) return 'no'
      wanted = 4 + head.readUIntBE(1, 3)
      if (wanted > MOST) return 'no'
    }
    if (part.length < size && (wanted < 0 || length < wanted)) return 'more'
    at += 5 + size
  }
  return Buffer.concat(parts).subarray(4, wanted)
}

function readServerName(content: Reader): string {
  const list = new Reader(content.take(content.number(2)))
  while (list.left > 0) {
    const type = list.number(1)
    const name = list.take(list.number(2))
    if (type === 0) return name.toString('latin1').toLowerCase()
  }
  return ''
}

function readProtocols(content: Reader): string[] {
  const list = new Reader(content.take(content.number(2)))
  const protocols: string[] = []
  while (list.left > 0) protocols.push(list.take(list.number(1)).toString('latin1'))
  return protocols
}

/** Reads forward; what is cut short reads as zeros and empty pieces, and ends the loops above. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  number(size: 1 | 2): number {
    const at = this.#at
    this.#at += size
    if (this.#at > this.#bytes.length) return 0
    return size === 1 ? this.#bytes.readUInt8(at) : this.#bytes.readUInt16BE(at)
  }

  skip(size: number): void {
    this.#at += size
  }

  take(size: number): Buffer {
    const at = this.#at
    this.#at += size
    return this.#bytes.subarray(at, this.#at)
  }
}

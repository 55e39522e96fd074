/**
 * The PROXY protocol, versions 1 and 2: a header before all other bytes, by which a load balancer says who its client is.
 * (https://www.haproxy.org/download/2.1/doc/proxy-protocol.txt)
 */
import { isIPv4, isIPv6 } from 'node:net'

export type ProxyVersion = 1 | 2

/** Who connected, and to what. */
export interface ProxiedAddresses {
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly destinationAddress: string
  readonly destinationPort: number
}

export interface ProxyHeader {
  readonly version: ProxyVersion
  /** Octets that it takes. */
  readonly length: number
  /** undefined: the sender speaks for itself (LOCAL, UNKNOWN), or of what is no IP address. */
  readonly addresses: ProxiedAddresses | undefined
}

const SIGNATURE_1 = Buffer.from('PROXY ')
const SIGNATURE_2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
/** The longest line of version 1, its end included. */
const LONGEST_LINE = 107
const FIXED_2 = 16
const PROXY = 1
const TCP4 = 0x11
const TCP6 = 0x21

/** @returns more: it may become one; none: these bytes are something else; malformed: it is one, and wrong */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'more' | 'none' | 'malformed' {
  if (begins(bytes, SIGNATURE_2)) return bytes.length < SIGNATURE_2.length ? 'more' : readVersion2(bytes)
  if (begins(bytes, SIGNATURE_1)) return bytes.length < SIGNATURE_1.length ? 'more' : readVersion1(bytes)
  return 'none'
}

/** As far as there are bytes. */
function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length)
  return bytes.compare(signature, 0, length, 0, length) === 0
}

function readVersion1(bytes: Buffer): ProxyHeader | 'more' | 'malformed' {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf('\r\n')
  if (end < 0) return bytes.length < LONGEST_LINE ? 'more' : 'malformed'
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = '', rest] = bytes
    .toString('latin1', 0, end)
    .split(' ')
  const length = end + 2
  if (family === 'UNKNOWN') return { version: 1, length, addresses: undefined }
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : never
  const sound = rest === undefined && isAddress(source) && isAddress(destination) && isPort(sourcePort) && isPort(destinationPort)
  if (!sound) return 'malformed'
  const addresses = {
    sourceAddress: source,
    sourcePort: Number(sourcePort),
    destinationAddress: destination,
    destinationPort: Number(destinationPort),
  }
  return { version: 1, length, addresses }
}

function readVersion2(bytes: Buffer): ProxyHeader | 'more' | 'malformed' {
  if (bytes.length < FIXED_2) return 'more'
  const command = bytes.readUInt8(12)
  const family = bytes.readUInt8(13)
  const length = FIXED_2 + bytes.readUInt16BE(14)
  if (command >> 4 !== 2 || (command & 15) > PROXY) return 'malformed'
  if (bytes.length < length) return 'more'
  // What is behind the addresses are extensions (TLV), which nobody here reads.
  const width = family === TCP4 ? 4 : family === TCP6 ? 16 : 0
  if ((command & 15) !== PROXY || width === 0) return { version: 2, length, addresses: undefined }
  if (length < FIXED_2 + 2 * width + 4) return 'malformed'
  const ports = FIXED_2 + 2 * width
  const addresses = {
    sourceAddress: addressText(bytes.subarray(FIXED_2, FIXED_2 + width)),
    sourcePort: bytes.readUInt16BE(ports),
    destinationAddress: addressText(bytes.subarray(FIXED_2 + width, ports)),
    destinationPort: bytes.readUInt16BE(ports + 2),
  }
  return { version: 2, length, addresses }
}

/** @param addresses undefined: the connection is our own */
export function writeProxyHeader(version: ProxyVersion, addresses: ProxiedAddresses | undefined): Buffer {
  const four = addresses !== undefined && isIPv4(addresses.sourceAddress) && isIPv4(addresses.destinationAddress)
  if (version === 1) {
    if (addresses === undefined) return Buffer.from('PROXY UNKNOWN\r\n')
    const { sourceAddress, sourcePort, destinationAddress, destinationPort } = addresses
    return Buffer.from(
      `PROXY ${four ? 'TCP4' : 'TCP6'} ${sourceAddress} ${destinationAddress} ${sourcePort} ${destinationPort}\r\n`,
    )
  }
  if (addresses === undefined) return Buffer.concat([SIGNATURE_2, Buffer.from([0x20, 0, 0, 0])])
  const ends = [octets(addresses.sourceAddress, four), octets(addresses.destinationAddress, four)]
  const tail = Buffer.alloc(4)
  tail.writeUInt16BE(addresses.sourcePort, 0)
  tail.writeUInt16BE(addresses.destinationPort, 2)
  const length = (four ? 8 : 32) + 4
  return Buffer.concat([SIGNATURE_2, Buffer.from([0x21, four ? TCP4 : TCP6, 0, length]), ...ends, tail])
}

function octets(address: string, four: boolean): Buffer {
  if (four) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = (isIPv4(address) ? `::ffff:${address}` : address).split('::')
  const first = groups(head)
  const last = groups(tail ?? '')
  return Buffer.concat([first, Buffer.alloc(Math.max(0, 16 - first.length - last.length)), last])
}

function groups(text: string): Buffer {
  const parts = text.split(':').filter(Boolean)
  return Buffer.from(
    parts.flatMap(part => {
      if (part.includes('.')) return part.split('.').map(Number)
      const value = Number.parseInt(part, 16)
      return [value >> 8, value & 255]
    }),
  )
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const text = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')
  // The URL parser knows the canonical form (RFC 5952).
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
}

function never(): boolean {
  return false
}

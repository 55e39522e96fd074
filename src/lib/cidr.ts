/**
 * Ranges of IP addresses: "10.0.0.0/8", "fd00::/8". IPv4-mapped IPv6 addresses ("::ffff:10.0.0.1") count as the IPv4 address they carry.
 */
import { isIPv4, isIPv6 } from 'node:net'

export class Cidr {
  readonly #family: 4 | 6
  readonly #network: bigint
  readonly #shift: bigint
  /** How many leading bits are fixed. */
  readonly length: number

  /** @throws when the address or the length is none */
  constructor(address: string, length: number) {
    const parsed = parseIp(address)
    const bits = parsed?.family === 4 ? 32 : 128
    if (parsed === undefined)
      throw new Error(`Cannot read address range: "${address}/${length}", expected an IP address before the "/"`)
    if (!Number.isInteger(length) || length < 0 || length > bits)
      throw new Error(`Cannot read address range: "${address}/${length}", expected a prefix length of 0 to ${bits}`)
    this.#family = parsed.family
    this.#shift = BigInt(bits - length)
    this.#network = parsed.value >> this.#shift
    this.length = length
  }

  contains(address: string): boolean {
    const parsed = parseIp(address)
    return parsed !== undefined && parsed.family === this.#family && parsed.value >> this.#shift === this.#network
  }

  /** Two ranges with the same key are the same range. */
  get key(): string {
    return `${this.#family}/${this.length}/${this.#network}`
  }
}

export interface Ip {
  readonly family: 4 | 6
  readonly value: bigint
}

/** @returns undefined for what is no IP address */
export function parseIp(address: string): Ip | undefined {
  if (isIPv4(address)) return { family: 4, value: ipv4(address) }
  if (!isIPv6(address)) return undefined
  const zone = address.indexOf('%')
  const text = zone < 0 ? address : address.slice(0, zone)
  const value = ipv6(text)
  return value >> 32n === 0xffffn ? { family: 4, value: value & 0xffffffffn } : { family: 6, value }
}

function ipv4(address: string): bigint {
  let value = 0n
  for (const part of address.split('.')) value = (value << 8n) | BigInt(part)
  return value
}

function ipv6(address: string): bigint {
  const [head = '', tail] = address.split('::')
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  let value = 0n
  for (const group of before) value = (value << 16n) | group
  value <<= BigInt(16 * (8 - before.length))
  let low = 0n
  for (const group of after) low = (low << 16n) | group
  return value | low
}

function groups(text: string): bigint[] {
  const found: bigint[] = []
  if (text === '') return found
  for (const part of text.split(':')) {
    if (part.includes('.')) {
      const embedded = ipv4(part)
      found.push(embedded >> 16n, embedded & 0xffffn)
    } else found.push(BigInt(`0x${part}`))
  }
  return found
}

/** IP addresses as the bytes that stand in certificates and packets. */
import { isIPv4, isIPv6 } from 'node:net'

/** @returns four or sixteen bytes; undefined: not an IP address */
export function ipBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number))
  if (!isIPv6(text)) return undefined
  // Its last 32 bits may be written as an IPv4 address.
  const [, head = text, embedded] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? []
  const tail =
    embedded === undefined
      ? ''
      : (ipBytes(embedded)
          ?.toString('hex')
          .replace(/(....)(....)/, '$1:$2') ?? '')
  const [left = '', right] = (head + tail).split('::')
  const words = (part: string | undefined) => (part ? part.split(':') : [])
  const [before, after] = [words(left), words(right)]
  const zeros = right === undefined ? 0 : 8 - before.length - after.length
  const all = [...before, ...new Array<string>(zeros).fill('0'), ...after]
  return Buffer.from(all.map(word => word.padStart(4, '0')).join(''), 'hex')
}

/**
 * Who the client is: x-forwarded-for, x-forwarded-proto and what follows from them (whether the request counts as internal).
 * Source: Envoy's "x-forwarded-for" chapter on HTTP header manipulation.
 */
import { networkInterfaces } from 'node:os'
import { parseIp } from '../../lib/cidr.ts'
import type { RequestHead } from '../http/stream.ts'
import type { Connection } from '../listener/connection.ts'
import type { HcmOptions } from './options.ts'

export interface ClientAddress {
  readonly address: string
  /** The client is one of ours (internal_address_config): it may set x-envoy-* headers. */
  readonly internal: boolean
}

/** Updates the forwarding headers and says whose request this is. */
export function determineClient(head: RequestHead, connection: Connection, options: HcmOptions): ClientAddress {
  const { headers } = head
  const peer = connection.facts.remoteAddress
  let address: string | undefined
  let single: boolean
  if (options.useRemoteAddress) {
    const forwarded = headers.get('x-forwarded-for')
    single = forwarded === undefined
    if (options.xffTrustedHops > 0) address = fromRight(forwarded, options.xffTrustedHops - 1)
    address ??= peer
    if (!options.skipXffAppend) {
      const own = isLoopback(peer) ? localAddress() : peer
      headers.set('x-forwarded-for', forwarded === undefined ? own : `${forwarded},${own}`)
    }
    if (options.xffTrustedHops === 0 || !headers.has('x-forwarded-proto'))
      headers.set('x-forwarded-proto', connection.secure ? 'https' : 'http')
    if (options.appendForwardedPort && (options.xffTrustedHops === 0 || !headers.has('x-forwarded-port')))
      headers.set('x-forwarded-port', String(connection.facts.localPort))
  } else {
    const forwarded = headers.get('x-forwarded-for')
    address = fromRight(forwarded, options.xffTrustedHops)
    single = forwarded !== undefined && !forwarded.includes(',')
    if (!headers.has('x-forwarded-proto')) headers.add('x-forwarded-proto', connection.secure ? 'https' : 'http')
  }
  const client = address ?? peer
  return { address: client, internal: single && options.internalRanges.some(range => range.contains(client)) }
}

/** The address at `index` from the right of x-forwarded-for; undefined when there are not as many or it is no IP address. */
function fromRight(forwarded: string | undefined, index: number): string | undefined {
  if (forwarded === undefined) return undefined
  const candidate = forwarded
    .split(',')
    .at(-1 - index)
    ?.trim()
  return candidate !== undefined && parseIp(candidate) !== undefined ? candidate : undefined
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')
}

let ownAddress: string | undefined

/** The machine's own address, which stands in x-forwarded-for for clients on the machine itself, as with Envoy. */
function localAddress(): string {
  ownAddress ??=
    Object.values(networkInterfaces())
      .flat()
      .find(found => found !== undefined && !found.internal && found.family === 'IPv4')?.address ?? '127.0.0.1'
  return ownAddress
}

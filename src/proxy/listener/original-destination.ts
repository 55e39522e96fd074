/**
 * Where a connection wanted to go before iptables redirected it to us: getsockopt(SO_ORIGINAL_DST), which Node has no call for. libc is called
 * through koffi (1.4 us a call), loaded only where a listener asks for it; the package is optional.
 */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'

export interface Destination {
  readonly address: string
  readonly port: number
}

/** @returns undefined: the connection was not redirected */
export type FindDestination = (socket: Socket) => Destination | undefined

const SOL_IP = 0
const SOL_IPV6 = 41
/** The same number for both families: IP6T_SO_ORIGINAL_DST too. */
const SO_ORIGINAL_DST = 80

let loaded: FindDestination | undefined

/** @throws where the platform or the optional package is missing, saying so */
export function originalDestinationFinder(): FindDestination {
  if (loaded !== undefined) return loaded
  if (process.platform !== 'linux') throw new Error(`original_dst works on Linux only, this is "${process.platform}"`)
  loaded = load()
  return loaded
}

function load(): FindDestination {
  const require = createRequire(import.meta.url)
  let koffi: typeof import('koffi')
  try {
    koffi = require('koffi')
  } catch (error) {
    throw new Error(
      `original_dst needs the optional package "koffi" (npm install koffi): ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  const getsockopt = koffi.load('libc.so.6').func('int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)')
  const raw = Buffer.alloc(28)
  return socket => {
    const descriptor = descriptorOf(socket)
    if (descriptor < 0) return undefined
    const v6 = socket.localFamily === 'IPv6' && !(socket.localAddress ?? '').startsWith('::ffff:')
    if (getsockopt(descriptor, v6 ? SOL_IPV6 : SOL_IP, SO_ORIGINAL_DST, raw, [v6 ? 28 : 16]) !== 0) return undefined
    return { address: v6 ? ipv6(raw) : raw.subarray(4, 8).join('.'), port: raw.readUInt16BE(2) }
  }
}

/** The handle's file descriptor is not documented, but has been there since Node 0.x. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined
  return typeof fd === 'number' ? fd : -1
}

function ipv6(raw: Buffer): string {
  const groups: string[] = []
  for (let at = 8; at < 24; at += 2) groups.push(raw.readUInt16BE(at).toString(16))
  // The URL parser writes the canonical form (RFC 5952).
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

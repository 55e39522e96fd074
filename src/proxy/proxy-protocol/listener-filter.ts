/**
 * Takes the PROXY protocol's header off an accepted connection (envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol), before
 * anything else looks at its bytes.
 */
import type { Socket } from 'node:net'
import { ProxyProtocolConfig_Version } from '../../xds/gen/envoy/config/core/v3/proxy_protocol.ts'
import type { ProxyProtocol } from '../../xds/gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.ts'
import { peek } from '../listener/peek.ts'
import { type ProxiedAddresses, type ProxyHeader, type ProxyVersion, readProxyHeader } from './header.ts'
import type { ProxyProtocolStats } from './stats.ts'

export interface ProxyProtocolSettings {
  /** Connections without a header are served as they are, too. */
  readonly optional: boolean
  readonly versions: readonly ProxyVersion[]
}

/** More than version 2 needs for addresses and the extensions that are in use. */
const LONGEST = 64 * 1024

/** @throws on what is not supported */
export function readProxyProtocol(message: ProxyProtocol): ProxyProtocolSettings {
  if (message.rules.length > 0) throw new Error('proxy_protocol rules are not supported, expected none')
  if (message.passThroughTlvs) throw new Error('proxy_protocol pass_through_tlvs is not supported, expected none')
  const refused = message.disallowedVersions
  const versions: ProxyVersion[] = []
  if (!refused.includes(ProxyProtocolConfig_Version.V1)) versions.push(1)
  if (!refused.includes(ProxyProtocolConfig_Version.V2)) versions.push(2)
  return { optional: message.allowRequestsWithoutProxyProtocol, versions }
}

export interface HeaderListener {
  /** @param addresses undefined: as the connection itself says. The header is taken off. */
  onHeader(addresses: ProxiedAddresses | undefined): void
  /** There is none where one has to be, it is malformed, or the client has left. */
  onRefused(): void
}

/** @param socket paused @returns stops waiting; nothing is told then */
export function takeProxyHeader(
  socket: Socket,
  settings: ProxyProtocolSettings,
  stats: ProxyProtocolStats,
  listener: HeaderListener,
): () => void {
  let found: ProxyHeader | 'more' | 'none' | 'malformed' = 'more'
  const look = (bytes: Buffer) => {
    found = readProxyHeader(bytes)
    return found !== 'more'
  }
  const waiting = peek(socket, LONGEST, look, bytes => {
    if (bytes === undefined) {
      listener.onRefused()
      return
    }
    const header = accepted(found, settings)
    if (header === 'none' && settings.optional) {
      stats.not_found_allowed++
      listener.onHeader(undefined)
    } else if (typeof header === 'string') {
      if (header === 'none') stats.not_found_disallowed++
      else stats.error++
      listener.onRefused()
    } else {
      stats.found++
      // What was looked at has been given back: this takes the header alone.
      socket.read(header.length)
      listener.onHeader(header.addresses)
    }
  })
  return () => waiting.stop()
}

/** A version that is not taken is no header where none is needed, and an error elsewhere. */
function accepted(
  found: ProxyHeader | 'more' | 'none' | 'malformed',
  { optional, versions }: ProxyProtocolSettings,
): ProxyHeader | 'none' | 'malformed' {
  if (typeof found === 'string') return found === 'none' ? 'none' : 'malformed'
  if (versions.includes(found.version)) return found
  return optional ? 'none' : 'malformed'
}
